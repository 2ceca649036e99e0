package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"

	"portico/internal/platform/fault"
)

// Engine names the database underneath.
type Engine string

// The two engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// ErrNoRows is what Row.Scan returns when there is no row.
var ErrNoRows = sql.ErrNoRows

// Rows and Row are the results of a query.
type (
	Rows = sql.Rows
	Row  = sql.Row
)

// runner executes statements inside one transaction.
type runner interface {
	exec(query string, args []any) (sql.Result, error)
	query(query string, args []any) (*sql.Rows, error)
	queryRow(query string, args []any) *sql.Row
}

// engine is what SQLite and PostgreSQL do differently.
type engine interface {
	update(ctx context.Context, fn func(*Tx) error) (*Tx, error)
	view(ctx context.Context, fn func(*Tx) error) error
	glance(ctx context.Context, fn func(*Tx) error) error
	alone(ctx context.Context, fn func(*Tx) error) (*Tx, error)
	handle() *sql.DB
	close() error
}

// DB is a store. It is safe for concurrent use.
type DB struct {
	kind   Engine
	engine engine
}

// Open opens the store at url: "postgres://…", or "file:PATH" for SQLite,
// which is created if it does not exist. It changes no schema: see Migrate.
func Open(ctx context.Context, url string) (*DB, error) {
	switch {
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		e, err := openPostgres(ctx, url)
		if err != nil {
			return nil, fmt.Errorf("open PostgreSQL: %w", err)
		}
		return &DB{kind: Postgres, engine: e}, nil
	case strings.HasPrefix(url, "file:"):
		e, err := openSQLite(ctx, strings.TrimPrefix(url, "file:"))
		if err != nil {
			return nil, fmt.Errorf("open SQLite: %w", err)
		}
		return &DB{kind: SQLite, engine: e}, nil
	}
	return nil, errors.New(`open database: the address begins with neither "postgres://" nor "file:"`)
}

// Engine tells which database this is.
func (d *DB) Engine() Engine { return d.kind }

// Close waits for running transactions and closes the store.
func (d *DB) Close() error { return d.engine.close() }

// Update runs fn in a transaction that writes and returns once it is durable.
// If fn fails, nothing it did remains and its error is returned as it is. A
// store that cannot commit answers fault.Unavailable.
func (d *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	return after(d.engine.update(ctx, fn))
}

// after runs what waited for a transaction to be durable.
func after(tx *Tx, err error) error {
	if err != nil {
		return err
	}
	for _, hook := range tx.hooks {
		hook()
	}
	return nil
}

// Once is an Update whose fn executes one statement and nothing else, as its
// last act: an error that fn answers afterwards does not undo it. PostgreSQL
// needs one round trip for it instead of three.
func (d *DB) Once(ctx context.Context, fn func(*Tx) error) error {
	return after(d.engine.alone(ctx, fn))
}

// View runs fn in a transaction that only reads, on one snapshot.
func (d *DB) View(ctx context.Context, fn func(*Tx) error) error {
	return d.engine.view(ctx, fn)
}

// Glance runs fn, which asks one query, outside any transaction: cheaper than
// View. A second query would see another state of the store.
func (d *DB) Glance(ctx context.Context, fn func(*Tx) error) error {
	return d.engine.glance(ctx, fn)
}

// Tx is a transaction. It is valid until the function that got it returns,
// and only on that function's goroutine.
type Tx struct {
	kind   Engine
	run    runner
	writes bool
	hooks  []func()
	id     uint64
	shared bool        // others wait for it to be flushed with them,
	behind chan *write // or for the writer of SQLite
}

// ID is a number that no other transaction has, not even a later try of the
// same function: what is made for one transaction is bound to it by that.
func (t *Tx) ID() uint64 {
	for t.id == 0 {
		t.id = rand.Uint64()
	}
	return t.id
}

// Engine tells which database this is, for the few statements that differ.
func (t *Tx) Engine() Engine { return t.kind }

// Waited reports whether somebody who writes waits until this transaction has
// ended: never on PostgreSQL. Who has much to do that is not urgent ends then.
// SQLite computes in this process, so others are let go on first: who is about
// to wait, who only reads, and the thread that sees who came over the network.
func (t *Tx) Waited() bool {
	if t.kind == SQLite {
		runtime.Gosched()
		yield()
	}
	return t.shared || len(t.behind) > 0
}

// Writes reports whether the transaction may write.
func (t *Tx) Writes() bool { return t.writes }

// Exec runs a statement and returns how many rows it changed.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	if err := ordered(query); err != nil {
		return 0, err
	}
	res, err := t.run.exec(query, args)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Query runs a query. Close the rows before the next statement.
func (t *Tx) Query(query string, args ...any) (*Rows, error) {
	if err := ordered(query); err != nil {
		return nil, err
	}
	return t.run.query(query, args)
}

// QueryRow runs a query for one row; Scan answers ErrNoRows if there is none.
func (t *Tx) QueryRow(query string, args ...any) *Row {
	if err := ordered(query); err != nil {
		panic(err) // a mistake in the program's own text, found by any test that runs it
	}
	return t.run.queryRow(query, args)
}

// AfterCommit has fn run once the transaction is durable, on the goroutine
// that called Update. It never runs if the transaction fails.
func (t *Tx) AfterCommit(fn func()) { t.hooks = append(t.hooks, fn) }

// Select runs a query and calls scan for each row, then closes the rows.
func (t *Tx) Select(scan func(*Rows) error, query string, args ...any) (err error) {
	rows, err := t.Query(query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// errStore is what people are told when the store cannot answer.
var errStore = fault.New(fault.Unavailable, "error.unavailable")

var checked sync.Map // query text → error or nil

// ordered checks that parameters appear as $1, $2, … in the order of first use.
func ordered(query string) error {
	if v, ok := checked.Load(query); ok {
		err, _ := v.(error)
		return err
	}
	var err error
	next := 1
	for i := 0; i < len(query); i++ {
		switch query[i] {
		case '\'':
			for i++; i < len(query) && query[i] != '\''; i++ {
			}
		case '?':
			err = fmt.Errorf("sql: parameter ? in %q: write $1", query)
		case '$':
			n := 0
			for i+1 < len(query) && query[i+1] >= '0' && query[i+1] <= '9' {
				i++
				n = n*10 + int(query[i]-'0')
			}
			if n == next {
				next++
			} else if n == 0 || n > next {
				err = fmt.Errorf("sql: parameter $%d of %q is out of order", n, query)
			}
		}
	}
	checked.Store(query, err)
	return err
}
