package db

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

const attempts = 8 // how often a transaction that lost a race is tried

type postgres struct{ db *sql.DB }

func openPostgres(ctx context.Context, url string) (*postgres, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the address does not parse") // it may hold a password
	}
	config.RuntimeParams["synchronous_commit"] = "on"
	config.RuntimeParams["default_transaction_isolation"] = "read committed"
	config.RuntimeParams["timezone"] = "UTC"
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(64)
	pool.SetMaxIdleConns(64)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &postgres{db: pool}, nil
}

func (p *postgres) handle() *sql.DB { return p.db }

func (p *postgres) close() error { return p.db.Close() }

func (p *postgres) update(ctx context.Context, fn func(*Tx) error) (*Tx, error) {
	for attempt := 1; ; attempt++ {
		tx := &Tx{kind: Postgres, writes: true}
		err := p.within(ctx, tx, fn, nil)
		if err == nil {
			return tx, nil
		}
		if attempt == attempts || !lostRace(err) {
			return nil, err
		}
		pause := time.Duration(rand.Int64N(int64(time.Millisecond) << attempt))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, errStore.Because(ctx.Err())
		}
	}
}

func (p *postgres) view(ctx context.Context, fn func(*Tx) error) error {
	return p.within(ctx, &Tx{kind: Postgres}, fn, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}

func (p *postgres) glance(ctx context.Context, fn func(*Tx) error) error {
	return fn(&Tx{kind: Postgres, run: pgPool{ctx, p.db}})
}

// alone leaves it to the server that a statement alone is a transaction.
func (p *postgres) alone(ctx context.Context, fn func(*Tx) error) (*Tx, error) {
	tx := &Tx{kind: Postgres, writes: true, run: &pgOnce{pgPool: pgPool{ctx, p.db}}}
	if err := fn(tx); err != nil {
		return nil, err
	}
	return tx, nil
}

func (p *postgres) within(ctx context.Context, tx *Tx, fn func(*Tx) error, opts *sql.TxOptions) error {
	t, err := p.db.BeginTx(ctx, opts)
	if err != nil {
		return errStore.Because(err)
	}
	defer t.Rollback() //nolint:errcheck // after a commit it does nothing
	tx.run = pgTx{ctx, t}
	if err := fn(tx); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return errStore.Because(err)
	}
	return nil
}

// lostRace reports whether the transaction may succeed when it is tried again.
func lostRace(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

type pgTx struct {
	ctx context.Context
	tx  *sql.Tx
}

func (t pgTx) exec(query string, args []any) (sql.Result, error) {
	return t.tx.ExecContext(t.ctx, query, args...)
}

func (t pgTx) query(query string, args []any) (*sql.Rows, error) {
	return t.tx.QueryContext(t.ctx, query, args...)
}

func (t pgTx) queryRow(query string, args []any) *sql.Row {
	return t.tx.QueryRowContext(t.ctx, query, args...)
}

// pgPool runs each statement on whichever connection is free.
type pgPool struct {
	ctx context.Context
	db  *sql.DB
}

func (p pgPool) exec(string, []any) (sql.Result, error) {
	return nil, errors.New("sql: a glance does not write")
}

func (p pgPool) query(query string, args []any) (*sql.Rows, error) {
	return p.db.QueryContext(p.ctx, query, args...)
}

func (p pgPool) queryRow(query string, args []any) *sql.Row {
	return p.db.QueryRowContext(p.ctx, query, args...)
}

var errOnce = errors.New("sql: a Once executes one statement and nothing else")

// pgOnce runs one statement as a transaction of its own.
type pgOnce struct {
	pgPool
	done bool
}

func (o *pgOnce) exec(query string, args []any) (sql.Result, error) {
	if o.done {
		return nil, errOnce
	}
	o.done = true
	return o.db.ExecContext(o.ctx, query, args...)
}
