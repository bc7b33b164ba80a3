package pickle

// The opcodes of pickles that are read, by the names that Python's pickletools
// gives them.
const (
	opMark            = '('
	opStop            = '.'
	opPop             = '0'
	opPopMark         = '1'
	opDup             = '2'
	opFloat           = 'F' // text
	opInt             = 'I' // text
	opBinInt          = 'J'
	opBinInt1         = 'K'
	opLong            = 'L' // text
	opBinInt2         = 'M'
	opNone            = 'N'
	opString          = 'S' // text
	opBinString       = 'T'
	opShortBinString  = 'U'
	opUnicode         = 'V' // text
	opBinUnicode      = 'X'
	opBinBytes        = 'B'
	opShortBinBytes   = 'C'
	opAppend          = 'a'
	opAppends         = 'e'
	opGet             = 'g' // text
	opBinGet          = 'h'
	opLongBinGet      = 'j'
	opList            = 'l'
	opEmptyList       = ']'
	opPut             = 'p' // text
	opBinPut          = 'q'
	opLongBinPut      = 'r'
	opTuple           = 't'
	opEmptyTuple      = ')'
	opBinFloat        = 'G'
	opProto           = 0x80
	opTuple1          = 0x85
	opTuple2          = 0x86
	opTuple3          = 0x87
	opNewTrue         = 0x88
	opNewFalse        = 0x89
	opLong1           = 0x8a
	opLong4           = 0x8b
	opShortBinUnicode = 0x8c
	opBinUnicode8     = 0x8d
	opBinBytes8       = 0x8e
	opMemoize         = 0x94
	opFrame           = 0x95
)

// refused are the other opcodes. Those of objects are never read: a general
// reader runs what they name.
var refused = map[byte]string{
	'c':  "GLOBAL names an object",
	'R':  "REDUCE calls a function",
	'b':  "BUILD changes an object",
	'i':  "INST makes an object",
	'o':  "OBJ makes an object",
	'P':  "PERSID names an object",
	'Q':  "BINPERSID names an object",
	0x81: "NEWOBJ makes an object",
	0x82: "EXT1 names an object",
	0x83: "EXT2 names an object",
	0x84: "EXT4 names an object",
	0x92: "NEWOBJ_EX makes an object",
	0x93: "STACK_GLOBAL names an object",
	'd':  "DICT makes a dict",
	'}':  "EMPTY_DICT makes a dict",
	's':  "SETITEM changes a dict",
	'u':  "SETITEMS changes a dict",
	0x8f: "EMPTY_SET makes a set",
	0x90: "ADDITEMS changes a set",
	0x91: "FROZENSET makes a set",
	0x96: "BYTEARRAY8 makes a bytearray",
	0x97: "NEXT_BUFFER needs a buffer beside the pickle",
	0x98: "READONLY_BUFFER needs a buffer beside the pickle",
}
