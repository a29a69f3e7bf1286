module github.com/seed139febb4/durable/bench/suite/port

go 1.25.0
