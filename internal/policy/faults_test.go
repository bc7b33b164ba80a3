package policy

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A fault is something that goes wrong, and the tests that hold that it does not here,
// or what becomes of it. A test is written after its folder.
type fault struct{ what, tests string }

// faults lists the faults of monkit/v3 that this module does not have.
var faults = []fault{
	{"a panic while an error is named leaves the Func locked", "monkit.TestFaultPanicWhileNamingAnErrorLocksTheFunc"},
	{"a handler of error names that reads the Func deadlocks", "monkit.TestFaultErrorHandlerMayNotReadTheFunc monkit.TestErrorNamingRunsOutsideLocks monkit.TestHostileErrorsAreNamed"},
	{"/stats/json breaks off at a number that is not finite", "present.TestStatsJSONHasNullForWhatIsNotFinite"},
	{"the clock jumps every 15 minutes on Windows; two clocks are mixed", "monkit.TestFaultClocksAreMixed"},
	{"an SVG after a wait is not well-formed", "present.TestFaultKeepAliveLeavesOutputWellFormed"},
	{"arguments of spans are scripts in an SVG", "tracing.TestFaultHostileTextMakesNoMarkup present.TestHostileTextMakesNoMarkup"},
	{"spans of no length divide by zero", "tracing.TestFaultSpansOfNoLengthAreDrawn"},
	{"remote roots are drawn twice", "tracing.TestFaultRemoteRootsAreDrawnOnce"},
	{"canceled requests for traces never end", "present.TestFaultWaitEndsWithTheRequest present.TestFewWaitAtATime"},
	{"pauses of the garbage collector are missed or counted twice", "environment.TestEachPauseIsCountedOnce environment.TestConcurrentWalks"},
	{"one id is enough to predict all others", "monkit.TestFaultOneIdRevealsOthers"},
	{"trace headers are not those of W3C; tracestate and baggage get lost", "tracing/monkithttp.TestFaultSetHeaderIsStandard tracing/monkithttp.TestFaultBaggage tracing/monkithttp.TestInjectPropagatesTheExtractedTrace"},
	{"every client can force traces to be sampled", "tracing/monkithttp.TestUntrustedCallerCannotForceDebug tracing/monkithttp.TestMaxSampledLimitsTracesASecond"},
	{"an observer's context does not reach the handler", "tracing/monkithttp.TestFaultObserversContextReachesTheHandler"},
	{"exporters get traces that are not sampled", "tracing/monkithttp.TestFaultUnsampledTraceNotifiesNoExporter"},
	{"a status of 500 is no error, and a panic has no status", "tracing/monkithttp.TestFaultServerSpanEndsWithTheStatus"},
	{"a wrapped ResponseWriter cannot flush or be taken over", "tracing/monkithttp.TestFaultWrapKeepsOptionalMethods"},
	{"a status of 103 is taken for the answer's", "tracing/monkithttp.TestWrapReturnsTheStatus"},
	{"the client's request has no span in its context", "tracing/monkithttp.TestRequestKeepsItsValues"},
	{"the client changes the request's headers and shows its password", "tracing/monkithttp.TestFaultClientDoesNotChangeTheRequest"},
	{"Task.Func panics before the first call", "monkit.TestFaultTaskFuncBeforeTheFirstCall monkit.TestTaskFuncStartsNoRun"},
	{"RawVal races, deadlocks, and truncates sums", "monkit.TestFaultRawValCallbackMayNotObserve monkit.TestUserCodeUsesTheScopeItIsCalledFrom monkit.TestRawValIsConcurrent"},
	{"a Task that is called first by several at once races", "monkit.TestFaultStoredTasksRace"},
	{"a struct with nils panics, and fields that are not exported are emitted", "monkit.TestFaultStructOfNilsPanics"},
	{"Reset under running calls makes their number negative", "monkit.TestFaultResetUnderRunningCalls"},
	{"an empty distribution answers with old values", "monkit.TestFaultEmptyDistAnswersStale"},
	{"tags in another order, and chaining twice, emit a series twice", "monkit.TestFaultSeriesHasTwoSources"},
	{"the text of a tag is taken for tags", "monkit.TestFaultTextOfTagsIsTakenForTags"},
	{"two kinds of metric under one name panic", "monkit.TestFaultMixedKindsPanic monkit.TestAnyTwoKindsMayHaveOneName monkit.TestTroubleIsLoggedOnce"},
	{"package main is called /main, and %2e stays", "monkit.TestFaultMainIsCalledSlashMain"},
	{"the caller is not found when it is inlined", "monkit.TestFaultInlinedCallerHasNoPackage monkit.TestCallSiteIsTheCallingFunction"},
	{"proc_stat is gone when the command's name has a space, and shows where memory is", "environment.TestProcStatOfAnyCommandName environment.TestNoSeriesShowsWhereThingsAreInMemory"},
	{"registering twice emits every series twice", "environment.TestRegisterTwiceEmitsOnce"},
	{"a Counter's extremes are 0 to one and NaN to another", "monkit.TestFaultExtremesOfNothingDisagree"},
	{"variants of a function by tags look the same", "present.TestVariantsOfAFunctionAreDistinct"},
	{"arguments in JSON are quoted twice; ids are truncated, and read in another form than they are written in", "present.TestSpansInJSON present.TestTextSurvivesJSON"},
	{"viz redirects to any address in a link", "present.TestFaultRemoteDoesNotRedirect"},
	{"whether a span was canceled is decided by the type of its error", "tracing.TestSVGShowsOutcomes"},
	{"quantiles are guesses of 64 samples", "monkit.TestQuantilesAreExactTo1Percent"},
	{"quantiles are of a number of events, not of a time", "monkit.TestFaultQuantilesAreOfEventsNotOfTime monkit.TestValueIsRecentForOneToTwoMinutes"},
	{"distributions cannot be merged and have no buckets", "monkit.TestDistMerge monkit.TestBuckets monkit.TestHeatmap"},
	{"a short window freezes the tail", "monkit.TestFaultWindowFreezesTheTail"},
	{"values in quick succession replace others", "monkit.TestLateValueKeepsRecentOnes monkit/internal/histogram.TestIntegersAgainstAllValues"},
	{"large values are cut to 24 bits", "monkit.TestFaultValuesAreCutTo24Bits"},
	{"NaN poisons a distribution", "monkit.TestFaultNaNPoisonsADistribution"},
	{"a rate is over four hours", "monkit.TestFaultMeterHidesSpikes"},
	{"scopes, sources and chains grow without end", "monkit.TestFaultNamesWithoutEnd monkit.TestScopesBeyondTheLimitShareOne monkit.TestIdleMetricsAreForgotten"},
	{"callers grow without end", "monkit.TestFaultCallersWithoutEnd"},
	{"names of errors grow without end", "monkit.TestFaultErrorNamesWithoutEnd"},
	{"deltas grow without end", "monkit.TestFaultDeltasWithoutEnd"},
	{"meters keep a goroutine for ever", "monkit.TestFaultMetersKeepAGoroutine"},
	{"watching keeps every trace", "tracing.TestFaultWatchHoldsNoTraces"},
	{"collecting spans stays on the trace, and has no bound", "tracing.TestFaultCollectSpansLeavesNothingOnTheTrace tracing.TestFaultCollectorIsBounded"},
	{"spans that are never ended are never freed", "monkit.TestFaultUnendedSpansStay"},
	{"names and tags grow without end", "monkit.TestSeriesAreOfBoundedSize"},
	{"remarks and arguments grow without end", "monkit.TestFaultRemarksWithoutEnd monkit.TestArgsAreBounded"},
	{"orphans have no parent", "monkit.TestFaultOrphansHaveNoParent"},
	{"calls contend for one lock", "monkit.TestFaultCallsWaitForEachOther monkit.TestRunsTakeNoSharedLock"},
	{"a call takes a dozen allocations, a walk several a sample", "monkit.TestTaskAllocs monkit.TestAllocs monkit.TestWalkAllocs"},
	{"arguments are read while they change", "monkit.TestFaultArgumentsAreReadWhileTheyChange"},
	{"the text of a tag set is cached in a race", "monkit.TestTagSetStringIsRaceFree"},
	{"a walk stops the world", "environment.TestNoWalkStopsTheWorld"},
}

func TestEveryFaultHasItsTest(t *testing.T) {
	for _, f := range slices.Concat(faults, outages) {
		for _, test := range strings.Fields(f.tests) {
			dir, name, _ := strings.Cut(test, ".")
			if !testsContain(t, dir, "func "+name+"(t *testing.T)") {
				t.Errorf("%s: %s has no test %s", f.what, dir, name)
			}
		}
	}
}

// TestEveryFaultTestIsListed checks that the list has every test whose name begins
// with TestFault.
func TestEveryFaultTestIsListed(t *testing.T) {
	listed := make(map[string]bool)
	for _, f := range faults {
		for _, test := range strings.Fields(f.tests) {
			listed[test] = true
		}
	}
	named := regexp.MustCompile(`(?m)^func (TestFault\w+)\(`)
	eachGoFile(t, func(path string) {
		for _, m := range named.FindAllStringSubmatch(read(t, path), -1) {
			if dir := filepath.ToSlash(filepath.Dir(path)); !listed[dir+"."+m[1]] {
				t.Errorf("%s: %s is missing from the list of faults", path, m[1])
			}
		}
	})
}
