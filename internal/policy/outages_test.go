package policy

// outages lists what happens to lines on their way: faults of servers, networks, disks
// and of the process itself, and what must become of the lines.
var outages = []fault{
	// Destinations.
	{"a destination is down: lines wait, and the oldest go first when there is no room", "internal/send.TestLinesWaitForAPeerThatStartsLater internal/send.TestFullQueueDropsTheOldest internal/send.TestOldPayloadsAreDroppedOnTime internal/relay.TestDeadDestinationCostsTheOtherNothing"},
	{"with a spool they wait on disk, up to its size", "internal/send.TestLinesWaitOnDiskAndAreSentInTheEnd internal/send.TestFullSpoolDropsTheOldest internal/relay.TestLinesWaitInTheSpoolForTheNextRelay"},
	{"after an outage new lines do not wait for old ones", "internal/send.TestNewLinesDoNotWaitForTheBacklog"},
	{"InfluxDB is killed and started again", "e2e.TestInfluxDBThatIsKilledGetsEveryLine"},
	{"Carbon is stopped for a minute", "e2e.TestCarbonThatIsStoppedForAMinuteGetsEveryLineOnce"},
	{"Carbon is stopped and killed with lines that it has not read", "e2e.TestCarbonThatIsStoppedAndKilledHasNoHole internal/send.TestLinesThatAStoppedPeerHasNotReadAreSentAgain internal/send.TestAcknowledgedLinesAreSentAgainIfThePeerDies"},
	{"a slow reader keeps its connection and gets each line once", "internal/send.TestSlowReaderGetsEveryLineOnce internal/send.TestAcknowledgementsAreProgress internal/send.TestWriteGoesOnWhileThePeerReads"},
	{"one that is too slow costs lines: the first is logged, pages and series have it as failing", "internal/relay.TestDestinationThatIsTooSlowIsReported internal/send.TestDropsOfAFullQueueAreLoggedWhileTheDestinationIsSlow internal/send.TestDroppedLinesAreLoggedOnceAMinuteAndWhenTheyEnd"},
	{"one that never reads, or is gone without a word", "internal/send.TestPeerThatDoesNotReadStallsButIsNotSilent internal/send.TestVanishedPeerIsFoundWhetherSomethingIsWrittenOrNot internal/send.TestWriteThatThePeerDoesNotReadEndsWithItsContextOrAfterFiveMinutes internal/relay.TestDrainEndsForDestinationThatNeverReads"},
	{"one that alternates is logged once a minute, a dead one every ten", "internal/send.TestDestinationThatFailsAgainAndAgainIsLoggedOnceAMinute internal/send.TestDeadDestinationIsLoggedEveryTenMinutes"},
	{"connections are reset, closed or half closed in the middle of a line", "internal/relay.TestFailingDestinationReceivesEveryLineInTheEnd internal/send.TestBrokenStreamsContinueWithWholeLines internal/send.TestWindowSendsWholeLinesAgainAndLosesNone internal/send.TestEndOfAnIdleConnectionIsAnErrorUnlessItWasInOrder"},
	{"a connection that is given up delivers nothing that is sent again", "internal/send.TestResetDiscardsWhatThePeerDoesNotHave"},
	{"a peer that breaks every connection gets the same lines for a bounded time", "internal/send.TestPeerThatDiesAgainAndAgainGetsLinesForTenSecondsOnly internal/send.TestRedoIsBoundedInBytesAndChunks"},
	{"lines that count when they arrive come neither twice nor late", "internal/send.TestWindowWithAtMostOnceSendsNoLineTwice internal/send.TestSearchWithAtMostOnceSendsNoLineTwice internal/send.TestLinesThatCountWhenTheyArriveAreNotSentAfterAMinute internal/push.TestLinesThatMustNotArriveTwiceStayInMemory"},
	{"more datagrams than a receiver has room for", "internal/send.TestSpreadDatagramsLoseLessThanABurst internal/send.TestDatagramsOfABatchAreSpread internal/send.TestEachBatchOfDatagramsIsSpread internal/send.TestDatagramsFromDiskAreSpread internal/send.TestDatagramWaitsForRoom"},
	{"datagrams are refused, or too large", "internal/send.TestRefusedDatagramsDoNotStopTheOthers internal/send.TestTooLargeDatagramsAreDropped internal/send.TestDatagramThatTheKernelCallsTooLongIsOversize"},
	{"the socket file of a server is replaced", "internal/send.TestUnixgramConnectsToAReplacedSocket internal/send.TestReplacedSocketIsFollowed"},
	{"a name moves to another address, or has several", "internal/send.TestUDPFollowsItsName internal/send.TestStreamFollowsItsName internal/send.TestHTTPFollowsItsName internal/send.TestFailedConnectionIsFollowedByOneToTheNextAddress internal/send.TestRefusedDatagramsGoToTheNextAddress"},

	// Answers of HTTP servers.
	{"each status and text of a server has its outcome", "internal/send.TestHTTPFaults internal/send.TestCheckResponse internal/send.TestPartialRejection"},
	{"InfluxDB stores some lines and says that it dropped none", "e2e.TestLinesThatInfluxDBRejectsAreCounted internal/send.TestEveryQuotedLineOfALongResponseIsCounted"},
	{"a server stores nothing because of some lines", "internal/send.TestSearchFindsExactlyTheRejectedLines internal/send.TestARejectedLineCostsNoOtherLine internal/send.TestSearchIsBounded internal/send.TestWhatAPeerRejectsIsKeptForAPerson"},
	{"the user of the library finds what was rejected", "e2e.TestFieldThatInfluxDBRejectsIsReported internal/send.TestRejectionsAreCountedAndEndAFailure"},
	{"a slow server gets few large requests", "internal/send.TestPayloadsThatWaitAreDeliveredTogether"},
	{"a server takes no gzip", "internal/send.TestPayloadIsSentPlainIfTheServerTakesNoGzip reporters/influx.TestServerThatTakesNoGzipGetsPlainBodies tracing/zipkin.TestServerThatTakesNoGzipGetsPlainBodies"},
	{"a server wants the authority as written", "internal/send.TestHostIsTheAuthorityAsWritten"},
	{"a server asks for a wait", "internal/send.TestRetryAfterHeader internal/send.TestRetryAfterIsGrantedUpToFiveMinutes internal/send.TestCloseDoesNotSkipAWaitThatThePeerAskedFor"},
	{"a response comes too late or not at all", "internal/send.TestSameBytesAreSentAfterATimeout internal/send.TestHTTPTriesTheNextAddressAfterATimeout"},
	{"a payload is larger than a server or a queue takes", "internal/send.TestLaterPayloadsAreHalvedBeforeTheyAreSent internal/send.TestPayloadFitsIntoTheQueue"},

	// TLS and files.
	{"a client certificate is refused after the handshake", "internal/send.TestNoLineIsDeliveredToAServerThatRefusesTheClient internal/send.TestNothingIsAcknowledgedBeforeTheServerConfirms internal/send.TestAlertVoidsWhatTheKernelAcknowledged"},
	{"certificates and tokens are renewed, or come late", "internal/send.TestTLSFilesAreReadByEachHandshake internal/listen.TestCertificateFilesAreReadByEachHandshake internal/send.TestTokenFileIsReadForEachRequest internal/send.TestLinesWaitForATokenFile"},

	// Disks and crashes.
	{"the disk is full", "e2e.TestRelayOnAFullDiskGoesOnFromMemory internal/spool.TestRealFullFileSystem internal/spool.TestFullFileSystem reporters/ledger.TestBookOnAFullDisk"},
	{"the disk fails, or is read-only", "internal/spool.TestErrorInEveryCall internal/spool.TestFailedSyncTakesRecordsBack internal/spool.TestReadOnlyDirectory reporters/ledger.TestBookOnAReadOnlyDisk reporters/ledger.TestPageFaultCostsNoCountAndNoProcess"},
	{"a record is damaged", "internal/send.TestDamagedRecordIsCountedAsCorrupt internal/spool.TestFlippedBitCostsOneRecord internal/spool.TestDamagedTail internal/spool.TestZeroedSectorCostsTheRecordsInIt"},
	{"the position in a spool is old or missing", "internal/send.TestRedeliveredLinesAreRecalled internal/spool.TestCursorIsAdvisory"},
	{"the process is killed at any moment", "e2e.TestKilledRelayAccountsForEveryAcceptedLine internal/send.TestKilledProcessLosesOnlyWhatWasInMemory internal/spool.TestKilledProcess reporters/ledger.TestKilledRunIsRecoveredToTheLine"},
	{"lines that were sent are found on disk, and others that were in memory are lost", "internal/send.TestLinesInMemoryAreLostAlthoughSentOnesAreFound reporters/ledger.TestSettle internal/send.TestPendingLinesOnDiskAreCounted internal/send.TestChunkThatReturnsWhileItIsWrittenHasOneCopy"},
	{"the process and its peer are killed together", "internal/send.TestLinesKeptForARedoStayOnDisk internal/send.TestRecalledLinesAreOnDiskAsBefore"},
	{"the machine loses power", "internal/spool.TestCrashAfterEveryCall"},
	{"two processes have one spool", "internal/send.TestSpoolOfAnotherProcessIsUsedWhenThatEnds internal/spool.TestSecondOpenIsLockedOut reporters/ledger.TestBookIsOpenOnce"},
	{"the clock jumps", "internal/spool.TestClock internal/send.TestRetryAfterIsByTheClockOfTheServer"},

	// Listeners.
	{"datagrams are larger than what is read, or more than the ring has room for", "internal/listen.TestCutDatagramLosesOnlyItsTail internal/listen.TestFullRingRejectsDatagramsAndCountsTheirLines internal/listen.TestDatagramsThatTheKernelDroppedAreCounted"},
	{"lines are malformed or too long", "internal/relay.TestRejectedLineCostsNoOtherLine internal/relay.TestTooLongLineIsRejectedAndTheStreamGoesOn internal/relay.TestRejectedLinesAreGroupedByReasonAndSender"},
	{"the kernel gives less room than was asked for", "internal/listen.TestSmallerReceiveBufferIsLogged"},
	{"streams are cut anywhere, idle, or too many", "internal/relay.TestStreamCutAnywhereLosesNoLine internal/listen.TestIdleCountsWholeLines internal/listen.TestFullListenerServesNewcomers internal/listen.TestUnfinishedHandshakesTakeNoPlaceOfAStream"},
	{"SIGTERM while something is pending", "scripts.TestScripts internal/listen.TestRunDrainsTheKernelWhenItEnds internal/send.TestCloseDropsAndJoinsWhileDeliveriesFail"},
	{"a reporter that blocks delays no other", "collect.TestBlockedReporterDelaysNoOther collect.TestCloseDoesNotWaitForAnUnavailableDestination"},
}
