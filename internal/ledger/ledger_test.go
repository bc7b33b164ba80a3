package ledger

import "testing"

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name string
		l    Ledger
		ok   bool
	}{
		{"zero balances", Ledger{}, true},
		{"each term counts", Ledger{6, 1, 2, map[string]int64{"full": 2, "age": 1}}, true},
		{"a line that vanished is found", Ledger{6, 5, 0, nil}, false},
		{"a line that was counted twice is found", Ledger{1, 1, 0, map[string]int64{"age": 1}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.l.Check(); (err == nil) != tt.ok {
				t.Errorf("Check() = %v", err)
			}
		})
	}
}

func TestAddLeavesBothAlone(t *testing.T) {
	a := Ledger{1, 0, 0, map[string]int64{"age": 1}}
	b := Ledger{3, 1, 1, map[string]int64{"age": 1}}
	if got := a.Add(b).String(); got != "accepted=4 delivered=1 dropped=2 (age=2) pending=1" {
		t.Errorf("sum is %s", got)
	}
	if a.Dropped["age"] != 1 || b.Dropped["age"] != 1 {
		t.Errorf("Add changed %v or %v", a, b)
	}
	if got := (Ledger{}).Add(b).Lost(); got != 1 {
		t.Errorf("empty + b lost %d", got)
	}
}

func TestIntakeCheck(t *testing.T) {
	if err := (Intake{3, 2, map[string]int64{"malformed": 1}}).Check(); err != nil {
		t.Error(err)
	}
	if err := (Intake{3, 2, nil}).Check(); err == nil {
		t.Error("a line that is neither accepted nor rejected passes")
	}
}

func TestDropMakesTheMapAndForgetsNothings(t *testing.T) {
	var l Ledger
	l.Drop("age", 0)
	if l.Dropped != nil {
		t.Errorf("no lines made %v", l.Dropped)
	}
	l.Drop("age", 2)
	l.Drop("age", 1)
	if l.Lost() != 3 {
		t.Errorf("lost %d, want 3", l.Lost())
	}
	c := l.Clone()
	c.Drop("age", 1)
	if l.Lost() != 3 {
		t.Error("a clone shares its reasons")
	}
}

func TestIntakesAddUp(t *testing.T) {
	a := Intake{3, 2, map[string]int64{"malformed": 1}}
	b := Intake{5, 3, map[string]int64{"malformed": 1, "too_long": 1}}
	sum := a.Add(b)
	if err := sum.Check(); err != nil || sum.Received != 8 || sum.Rejected["malformed"] != 2 || a.Rejected["malformed"] != 1 {
		t.Errorf("%+v, from %+v and %+v: %v", sum, a, b, err)
	}
	var none Intake
	none.Reject("late", 1)
	if none.Rejected["late"] != 1 {
		t.Errorf("refused %v", none.Rejected)
	}
}
