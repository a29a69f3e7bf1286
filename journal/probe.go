package journal

// A Probe is told of the moments that a process comes to on a turn's way to the
// disk and of its effects back. It may end the process there, which is what it
// exists for (package chaos), and it may be called by several goroutines at once.
// It must not call back into whoever tells it.
type Probe func(Moment)

// At tells the probe, if there is one.
func (p Probe) At(point Point) {
	if p != nil {
		p(Moment{Point: point})
	}
}

// A Moment is one point that was come to, and what it is about. Fields that do
// not apply are zero.
type Moment struct {
	Point   Point  `json:"point"`
	Run     string `json:"run,omitempty"`     // its ULID
	Seq     int64  `json:"seq,omitempty"`     // the event
	Kind    Kind   `json:"kind,omitempty"`    // what came in with it
	Op      int64  `json:"op,omitempty"`      // the operation
	Name    string `json:"name,omitempty"`    // of the activity, signal or child's workflow
	Attempt int    `json:"attempt,omitempty"` // from 1
	Where   string `json:"where,omitempty"`   // dir/file.go:line of the call that asked for the operation
}

// A Point names a place in the program.
type Point string

// The engine's points. Those of turns and attempts say which.
const (
	TurnBefore      Point = "turn.before"      // sealed, and about to be committed
	TurnAfter       Point = "turn.after"       // on disk; none of its effects has left
	TurnReleased    Point = "turn.released"    // its effects have left
	ActivityCalled  Point = "activity.called"  // the function is about to be called
	ActivityBack    Point = "activity.back"    // it has returned; nothing of that is on disk
	TimerDue        Point = "timer.due"        // a deadline has passed, its turn has not begun
	MessageTaken    Point = "message.taken"    // read from the inbox, its turn has not begun
	HeartbeatQueued Point = "heartbeat.queued" // about to be committed
	ReplayBegun     Point = "replay.begun"     // a run is being rebuilt
	ReplayDone      Point = "replay.done"      // it is; what was under way has not begun again
	ClaimBefore     Point = "claim.before"     // runs are about to be claimed
	ClaimAfter      Point = "claim.after"      // they are; nothing has been done with them
)

// The points of a store with a file.
const (
	Opened           Point = "opened"
	JoinBefore       Point = "join.before"
	JoinAfter        Point = "join.after"
	LeaveBefore      Point = "leave.before"
	LeaveAfter       Point = "leave.after"
	BeginBefore      Point = "begin.before" // of every transaction that writes
	BeginAfter       Point = "begin.after"
	CommitBefore     Point = "commit.before"  // all is written, nothing is committed
	CommitAfter      Point = "commit.after"   // it is on disk, nobody has been told
	MarkAfter        Point = "mark.after"     // the mark beside the file says so, too
	WrittenAppend    Point = "written.append" // each of these: within the transaction
	WrittenCreate    Point = "written.create"
	WrittenPost      Point = "written.post"
	WrittenDiscard   Point = "written.discard"
	WrittenClaim     Point = "written.claim"
	WrittenRelease   Point = "written.release"
	WrittenStick     Point = "written.stick"
	WrittenResume    Point = "written.resume"
	WrittenTerminate Point = "written.terminate"
	WrittenProgress  Point = "written.progress"
	WrittenTransact  Point = "written.transact"
	StepBefore       Point = "step.before" // a transactional step's function is about to be called
	StepAfter        Point = "step.after"  // it has returned; its rows and its result are not committed
	StepAlone        Point = "step.alone"  // the group was undone, the step is about to be tried alone
	CheckpointBefore Point = "checkpoint.before"
	CheckpointAfter  Point = "checkpoint.after"
	CheckpointLast   Point = "checkpoint.last" // the writer is about to do the last part
	MigrationBefore  Point = "migration.before"
	MigrationWritten Point = "migration.written" // not committed yet
	MigrationAfter   Point = "migration.after"
	BackupBefore     Point = "backup.before"
	BackupAfter      Point = "backup.after"
)

// Points lists them all.
func Points() []Point {
	return []Point{
		TurnBefore, TurnAfter, TurnReleased, ActivityCalled, ActivityBack, TimerDue, MessageTaken, HeartbeatQueued,
		ReplayBegun, ReplayDone, ClaimBefore, ClaimAfter,
		Opened, JoinBefore, JoinAfter, LeaveBefore, LeaveAfter, BeginBefore, BeginAfter, CommitBefore, CommitAfter, MarkAfter,
		WrittenAppend, WrittenCreate, WrittenPost, WrittenDiscard, WrittenClaim, WrittenRelease, WrittenStick, WrittenResume,
		WrittenTerminate, WrittenProgress, WrittenTransact, StepBefore, StepAfter, StepAlone,
		CheckpointBefore, CheckpointAfter, CheckpointLast, MigrationBefore, MigrationWritten, MigrationAfter,
		BackupBefore, BackupAfter,
	}
}
