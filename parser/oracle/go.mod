module github.com/lockstep-db/lockstep/parser/oracle

go 1.26.0

require (
	github.com/lockstep-db/lockstep v0.0.0
	github.com/pganalyze/pg_query_go/v6 v6.2.5
)

require google.golang.org/protobuf v1.33.0 // indirect

replace github.com/lockstep-db/lockstep => ../..
