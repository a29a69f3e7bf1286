module github.com/seed139febb4/durable/bench/peer/goworkflows

go 1.26.0

require (
	github.com/cschleiden/go-workflows v1.2.0
	github.com/seed139febb4/durable/bench/port v0.0.0
)

replace github.com/seed139febb4/durable/bench/port => ../../port
