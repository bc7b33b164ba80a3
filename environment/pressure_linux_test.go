package environment

import "testing"

const someCPU = "some avg10=42.32 avg60=35.53 avg300=22.15 total=1500000\n"

func TestPressureFilesBecomeSamples(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  map[string]float64
	}{
		{"both kinds", map[string]string{"cpu": someCPU + "full avg10=0.00 avg60=0.00 avg300=1.00 total=2\n"}, map[string]float64{
			"p,kind=some,resource=cpu avg10": 42.32, "p,kind=some,resource=cpu avg60": 35.53,
			"p,kind=some,resource=cpu avg300": 22.15, "p,kind=some,resource=cpu total": 1.5,
			"p,kind=full,resource=cpu avg10": 0, "p,kind=full,resource=cpu avg60": 0,
			"p,kind=full,resource=cpu avg300": 1, "p,kind=full,resource=cpu total": 2e-6,
		}},
		{"older kernels have no full for cpu, irq has no some", map[string]string{"cpu": "some total=1000000", "irq": "full total=2000000"},
			map[string]float64{"p,kind=some,resource=cpu total": 1, "p,kind=full,resource=irq total": 2}},
		{"missing files", nil, nil},
		{"pressure is switched off", map[string]string{"cpu": ""}, nil},
		{"malformed lines", map[string]string{"io": "some\nfull avg10\nnone avg10=1\nsome avg10=inf avg60= avg300=0x1 total=1e3 extra=1\n\n="}, nil},
		{"a malformed word costs only its own field", map[string]string{"memory": "some avg10=? total=3000000"},
			map[string]float64{"p,kind=some,resource=memory total": 3}},
		{"an unknown resource is not read", map[string]string{"gpu": someCPU}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := pressureFiles("p", tree(t, tt.files), "")
			wantSamples(t, collect(func(cb emit) { emitPressures(files, cb) }), tt.want)
		})
	}
}
