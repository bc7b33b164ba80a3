module github.com/spacemonkeygo/monkit/v3

go 1.25.0

require monkit.example v0.0.0

require golang.org/x/sys v0.1.0 // indirect

replace monkit.example => ../
