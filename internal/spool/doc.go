// Package spool is a queue of records in a directory, which survives crashes,
// full disks and damage. It knows no destinations, formats or policies: what to
// drop, when to sync and what to do after an error is decided by its user.
//
//	s, err := spool.Open(dir, spool.Options{Identity: "graphite+tcp://carbon:2003", Format: "graphite"})
//	seq, err := s.Append(spool.Meta{Lines: 2, Time: t}, lines) // ErrFull: DropOldest, then again
//	err = s.Sync()                                            // each second or MiB; UnwrittenError: append again
//	rec, err := s.Next()                                      // io.EOF: nothing durable is left
//	err = s.Release(rec.Seq)                                  // delivered; the next Sync makes it durable
//	err = s.Rewind()                                          // not delivered: Next begins again after the last Release
//
// One goroutine uses a Spool, and only Stats may be called by others. The process
// that has it open locks the directory. [Inspect] reads a spool beside it.
//
// # Promises
//
//   - A record is returned by Next, exactly as it was appended and in its order,
//     if Sync returned after Append, until it is released, or dropped by
//     DropOldest. That holds through a crash of the process or the system in any
//     call, if the disk keeps what it has synced and writes sectors of 512 bytes
//     as a whole.
//   - A record may be returned again after a crash, unless a Sync has returned
//     since its Release. If the cursor is damaged, the records of the oldest
//     segment are returned again in any case. Stats.Redelivered counts what may
//     be a repetition.
//   - Damage costs the records that it is in. Next goes on with the next magic
//     number that begins a whole record. The damaged bytes are kept in files
//     SEGMENT.OFFSET.bad, 1 MiB in all, which may be deleted. How many records are
//     missing is known from the sequences; their lines are estimated from the
//     others, and exact once Next has left a segment that Open did not scan.
//   - Open fails because of damage in no case. It needs memory for one record, and
//     some bytes a segment. It reads the segment of the position and those whose
//     writer died, and of the others the first and last sector.
//   - If the system reports that it could not sync, what was appended since the
//     last Sync is taken back, and the next record begins another segment: Linux
//     marks pages as written after such a failure.
//   - A segment is removed when all of its records are released or damaged and the
//     cursor says so durably, or by DropOldest. Nothing else is deleted, except
//     for a segment without records.
//   - The segments never need more than Options.MaxBytes. Where the file system can
//     reserve space (Stats.Preallocated), a segment is reserved as a whole, so that
//     a full disk is an error of Append before a record is half written. Elsewhere
//     it is an error of the write, which costs nothing but that Append.
//   - A directory of another destination, of a newer version, of another user, or
//     that others may write to, is refused and left as it is. Links are not
//     followed. Files with other names, or with no more of a segment than the name,
//     are left alone.
//   - Times are stored and change nothing: a clock that jumps is seen in
//     Stats.Age alone.
//
// # Accounting
//
// In a process, each appended record is in Stats.Pending until it is released, or
// counted in Dropped (DropOldest returns it), Unwritten (an UnwrittenError has it)
// or Damaged: records and lines add up. A user that counts lines over restarts
// compares Stats.Pending with what it thought was pending: more is returned again,
// less is lost. Of what is lost, at most Damaged.Lines is damage that Open found,
// and the rest was not durable. Damage that Open finds in records that the last
// process had read may be in the counts of that process, too.
//
// An open spool keeps its last segment, also if all of it is released. Close gives
// its space back.
//
// # Files
//
// The directory has mode 0700 and files have 0600:
//
//	lock                            empty; locked by the process that has the spool open
//	cursor                          the position of the reader
//	00000000000000000001.seg        segments, named by the sequence of the first record,
//	00000000000000000001-1.seg      with a number if that name was in use
//	00000000000000000001.512.bad    copies of damaged bytes: segment and offset
//
// Integers are little-endian. CRC is CRC-32C (Castagnoli), of all bytes behind it
// up to the end of the part, or of all bytes before it if it comes last. Times are
// milliseconds since 1970. Text is padded with zeros.
//
//	segment  = header { record } [ footer ] .
//	header   = "\xf5mkspool"    8 bytes
//	           version          u32, at 8
//	           header size      u32, at 12: 512
//	           spool id         u64, at 16: random, the same in all files of a spool
//	           first sequence   u64, at 24
//	           time of creation i64, at 32
//	           identity length  u8,  at 40
//	           format length    u8,  at 41
//	           zeros            2 bytes
//	           attempt          u32, at 44: the number in the name, or 0
//	           identity         255 bytes, at 48
//	           zero             1 byte
//	           format           63 bytes, at 304
//	           zeros            to 508
//	           CRC              u32, at 508 .
//	record   = "\xf5rec"        4 bytes
//	           length           u32, at 4: of body, 1 to 1048576
//	           CRC              u32, at 8
//	           sequence         u64, at 12
//	           lines            u32, at 20
//	           time             i64, at 24
//	           body             at 32 .
//	footer   = "\xf5end"        4 bytes, 72 before the end of the file
//	           CRC              u32, at 4
//	           spool id         u64, at 8
//	           first sequence   u64, at 16
//	           next sequence    u64, at 24: 1 more than that of the last record
//	           records          u64, at 32
//	           lines            u64, at 40
//	           bytes            u64, at 48: of bodies
//	           oldest, newest   i64, at 56 and 64: times of records .
//	cursor   = slot, zeros to 4096, slot .
//	slot     = "\xf5cur"        4 bytes
//	           CRC              u32, at 4
//	           version          u32, at 8
//	           zeros            4 bytes
//	           spool id         u64, at 16
//	           generation       u64, at 24: the slot with the larger one is valid
//	           released         u64, at 32: sequence up to which records are settled
//	           read             u64, at 40: sequence up to which Next has returned records
//	           next             u64, at 48: 1 more than the last sequence that was durable then
//	           zeros            to 64 .
//
// A reader sorts the segments by first sequence and attempt. Sequences grow by 1
// from record to record and from segment to segment, from 1. A record does not
// count if its sequence is not larger than those before it, or not smaller than
// the first one of the next segment: then it was taken back. Zeros behind the last
// record are space that was reserved. A footer saves reading the segment and is
// left out if its writer died. If the cursor is missing, damaged or of another
// spool, no record is released. Of a damaged header the name says the first
// sequence. All versions have the magic number, the version and the CRC of headers
// and slots in these places.
package spool
