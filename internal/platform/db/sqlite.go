package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

const (
	groupMax     = 256                  // transactions that share one flush at the most
	groupTime    = 5 * time.Millisecond // and how long a group may grow behind its first
	statementMax = 512                  // prepared statements a connection keeps
	logRows      = 2000                 // changed rows after which the write-ahead log is taken into the file,
	logPages     = 16_000               // and pages of it at which whoever writes waits for that
)

// sqlite writes on one connection, owned by one goroutine, and reads on a few.
// Another takes the write-ahead log into the file meanwhile, so that whoever
// writes does not wait for the flush of that.
type sqlite struct {
	db      *sql.DB
	queue   chan *write
	writer  *conn
	readers chan *conn
	taker   *conn
	grown   chan struct{}
	taken   chan struct{}
	stop    chan struct{}
	stopped chan struct{}
	once    sync.Once
	closed  error
	broken  atomic.Pointer[error]
}

// write is one caller's transaction, waiting for its group.
type write struct {
	fn    func(*Tx) error
	tx    *Tx
	err   error
	panic any
	claim atomic.Bool // set by the writer, or by the caller who gave up
	done  chan struct{}
}

func openSQLite(ctx context.Context, path string) (*sqlite, error) {
	query := url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)",
		fmt.Sprintf("wal_autocheckpoint(%d)", logPages), "temp_store(MEMORY)", "foreign_keys(ON)", "secure_delete(ON)",
	}}
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query.Encode())
	if err != nil {
		return nil, err
	}
	readers := max(4, runtime.GOMAXPROCS(0))
	s := &sqlite{
		db: pool, queue: make(chan *write, groupMax), readers: make(chan *conn, readers),
		grown: make(chan struct{}, 1), taken: make(chan struct{}), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	writer, err := s.connect(ctx)
	if err == nil {
		err = writer.assertDurable()
	}
	for range readers {
		var c *conn
		if err == nil {
			if c, err = s.connect(ctx); err == nil {
				err = c.raw("PRAGMA query_only = ON")
				s.readers <- c
			}
		}
	}
	if err == nil {
		s.taker, err = s.connect(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	s.writer = writer
	go s.write()
	go s.take()
	return s, nil
}

func (s *sqlite) connect(ctx context.Context) (*conn, error) {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{c: c, statements: map[string]*sql.Stmt{}}, nil
}

func (s *sqlite) handle() *sql.DB { return s.db }

func (s *sqlite) close() error {
	s.once.Do(func() {
		close(s.stop)
		<-s.stopped
		<-s.taken
		failed := s.taker.close()
		for range cap(s.readers) {
			failed = errors.Join(failed, (<-s.readers).close()) // whoever reads finishes
		}
		// The last connection takes the write-ahead log into the file.
		s.closed = errors.Join(failed, s.writer.close(), s.db.Close())
	})
	return s.closed
}

func (s *sqlite) update(ctx context.Context, fn func(*Tx) error) (*Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, errStore.Because(err)
	}
	w := &write{fn: fn, done: make(chan struct{})}
	select {
	case s.queue <- w:
	case <-s.stop:
		return nil, errStore.Because(errors.New("the store is closed"))
	case <-ctx.Done():
		return nil, errStore.Because(ctx.Err())
	}
	select {
	case <-w.done:
	case <-s.stopped:
		select {
		case <-w.done:
		default:
			return nil, errStore.Because(errors.New("the store is closed"))
		}
	case <-ctx.Done():
		if w.claim.CompareAndSwap(false, true) {
			return nil, errStore.Because(ctx.Err())
		}
		<-w.done // begun: it ends by itself, and the caller must know how
	}
	if w.panic != nil {
		panic(w.panic)
	}
	return w.tx, w.err
}

// take is the goroutine that takes the write-ahead log into the file. What it
// cannot do, the writer does once the log is long.
func (s *sqlite) take() {
	defer close(s.taken)
	for {
		select {
		case <-s.grown:
			_ = s.taker.raw("PRAGMA wal_checkpoint(PASSIVE)")
		case <-s.stop:
			return
		}
	}
}

// write is the goroutine that owns the writing connection.
func (s *sqlite) write() {
	defer close(s.stopped)
	c := s.writer
	for {
		select {
		case w := <-s.queue:
			s.group(c, w)
		case <-s.stop:
			for {
				select {
				case w := <-s.queue:
					s.group(c, w)
				default:
					return
				}
			}
		}
	}
}

// group runs w and whoever is waiting behind it, and commits them together.
func (s *sqlite) group(c *conn, w *write) {
	if cause := s.broken.Load(); cause != nil {
		w.err = errStore.Because(*cause)
		close(w.done)
		return
	}
	if err := c.raw("BEGIN IMMEDIATE"); err != nil {
		w.err = errStore.Because(fmt.Errorf("begin: %w", err))
		close(w.done)
		return
	}
	var waiting []*write
	var started time.Time
	for lost := error(nil); w != nil; w = s.next(len(waiting), started) {
		if !w.claim.CompareAndSwap(false, true) {
			continue
		}
		if lost = s.run(c, w, len(waiting) == 0); lost != nil {
			s.fail(c, append(waiting, w), fmt.Errorf("roll back one of a group: %w", lost))
			return
		}
		if len(waiting) == 0 && (w.err != nil || w.panic != nil) {
			close(w.done)
			continue
		}
		// Who failed behind others may have seen what they wrote: it is told
		// once that is there for whoever looks, and begins again on it.
		if waiting = append(waiting, w); len(waiting) == 1 {
			started = time.Now() // whoever waited for it is flushed with it
		}
	}
	if err := c.raw("COMMIT"); err != nil {
		s.fail(c, waiting, fmt.Errorf("commit: %w", err))
		return
	}
	for _, w := range waiting {
		close(w.done)
	}
	runtime.Gosched() // they go on before the next, whose computing would keep them from it
	if c.changed >= logRows {
		c.changed = 0
		select {
		case s.grown <- struct{}{}:
		default: // it is at it
		}
	}
}

// next returns whoever waits, or nil when the group should be committed. Who is
// about to write is let go on first, for nothing costs as much as the flush of a
// group that was too small; where nobody is, that takes no time.
func (s *sqlite) next(size int, started time.Time) *write {
	if size >= groupMax || size > 0 && time.Since(started) > groupTime {
		return nil
	}
	select {
	case w := <-s.queue:
		return w
	default:
		runtime.Gosched()
	}
	select {
	case w := <-s.queue:
		return w
	default:
		return nil
	}
}

// run executes one caller's function. The first of a group needs no
// savepoint: until it succeeds there is nothing to keep. The error is not the
// caller's: it says that the group is lost.
func (s *sqlite) run(c *conn, w *write, first bool) (lost error) {
	if !first {
		if err := c.raw("SAVEPOINT w"); err != nil {
			w.err = errStore.Because(err)
			return err
		}
	}
	w.tx = &Tx{kind: SQLite, run: c, writes: true, shared: !first, behind: s.queue}
	func() {
		defer func() { w.panic = recover() }()
		w.err = w.fn(w.tx)
	}()
	switch failed := w.err != nil || w.panic != nil; {
	case failed && first:
		return errors.Join(c.raw("ROLLBACK"), c.raw("BEGIN IMMEDIATE"))
	case failed:
		return errors.Join(c.raw("ROLLBACK TO w"), c.raw("RELEASE w"))
	case !first:
		return c.raw("RELEASE w")
	}
	return nil
}

// fail answers everybody and takes the store out: what the file holds now is
// known only to whoever opens it again.
func (s *sqlite) fail(c *conn, waiting []*write, err error) {
	_ = c.raw("ROLLBACK")
	s.broken.Store(&err)
	for _, w := range waiting {
		if w.err == nil {
			w.err = errStore.Because(err)
		}
		close(w.done)
	}
}

// alone gains nothing here: writers share their commit already.
func (s *sqlite) alone(ctx context.Context, fn func(*Tx) error) (*Tx, error) {
	return s.update(ctx, fn)
}

func (s *sqlite) view(ctx context.Context, fn func(*Tx) error) error {
	return s.glance(ctx, func(tx *Tx) (err error) {
		c := tx.run.(*conn)
		if err := c.raw("BEGIN"); err != nil {
			return errStore.Because(err)
		}
		defer func() { err = errors.Join(err, c.raw("ROLLBACK")) }()
		return fn(tx)
	})
}

func (s *sqlite) glance(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return errStore.Because(err)
	}
	var c *conn
	select {
	case c = <-s.readers:
	case <-s.stop:
		return errStore.Because(errors.New("the store is closed"))
	case <-ctx.Done():
		return errStore.Because(ctx.Err())
	}
	defer func() { s.readers <- c }()
	return fn(&Tx{kind: SQLite, run: c})
}

// conn is a connection that keeps its prepared statements.
type conn struct {
	c          *sql.Conn
	statements map[string]*sql.Stmt
	changed    int64 // rows, since the log was last taken in
}

func (c *conn) close() error {
	c.forget()
	return c.c.Close()
}

// forget closes the statements that are kept.
func (c *conn) forget() {
	for _, st := range c.statements {
		_ = st.Close()
	}
	clear(c.statements)
}

func (c *conn) assertDurable() error {
	var mode string
	var level int
	if err := c.queryRow("PRAGMA journal_mode", nil).Scan(&mode); err != nil {
		return err
	}
	if err := c.queryRow("PRAGMA synchronous", nil).Scan(&level); err != nil {
		return err
	}
	if mode != "wal" || level != 2 {
		return fmt.Errorf("journal_mode is %s and synchronous %d, not wal and 2: a commit would not be durable", mode, level)
	}
	return nil
}

func (c *conn) statement(query string) (*sql.Stmt, error) {
	if st, ok := c.statements[query]; ok {
		return st, nil
	}
	st, err := c.c.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	if len(c.statements) >= statementMax {
		c.forget()
	}
	c.statements[query] = st
	return st, nil
}

func (c *conn) raw(query string) error {
	st, err := c.statement(query)
	if err == nil {
		_, err = st.ExecContext(context.Background())
	}
	return err
}

func (c *conn) exec(query string, args []any) (sql.Result, error) {
	st, err := c.statement(query)
	if err != nil {
		return nil, err
	}
	res, err := st.ExecContext(context.Background(), args...)
	if err == nil {
		n, _ := res.RowsAffected()
		c.changed += n
	}
	return res, err
}

func (c *conn) query(query string, args []any) (*sql.Rows, error) {
	st, err := c.statement(query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(context.Background(), args...)
}

func (c *conn) queryRow(query string, args []any) *sql.Row {
	st, err := c.statement(query)
	if err != nil { // an *sql.Row with an error can only be had by asking for one
		return c.c.QueryRowContext(context.Background(), query, args...)
	}
	return st.QueryRowContext(context.Background(), args...)
}
