module github.com/seed139febb4/durable/bench/port

go 1.25.0
