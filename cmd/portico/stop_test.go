package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/app"
	"portico/internal/instance"
)

// fuse is a context that ends when it has been looked at so often.
type fuse struct {
	context.Context
	end context.CancelFunc

	mu   sync.Mutex
	left int
}

func lit(t *testing.T, looks int) *fuse {
	ctx, end := context.WithCancel(t.Context())
	return &fuse{Context: ctx, end: end, left: looks}
}

func (f *fuse) look() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left--; f.left == 0 {
		f.end()
	}
}

func (f *fuse) Done() <-chan struct{} { f.look(); return f.Context.Done() }
func (f *fuse) Err() error            { f.look(); return f.Context.Err() }

// first sends on the address that a program says first.
type first chan string

func (f first) Write(b []byte) (int, error) {
	if url, ok := strings.CutPrefix(string(b), "portico: "); ok {
		f <- strings.TrimSpace(url)
	}
	return len(b), nil
}

// TestAProgramToldToEndWhileItStartsEndsWell ends it ever later, on the same
// store, until it has started before it is told: each start goes on where the
// one before was stopped.
func TestAProgramToldToEndWhileItStartsEndsWell(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "town")
	if err := instance.Init(dir); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"PORTICO_SMTP_USER", "PORTICO_SMTP_PASSWORD", "PORTICO_SMS_TOKEN", "PORTICO_PAYMENT_TOKEN", "PORTICO_PAYMENT_SIGNING"} {
		t.Setenv(secret, "of nobody at all")
	}
	start := func(ctx context.Context, out io.Writer) error {
		return app.Serve(ctx, app.Options{
			Store: app.Store{Data: filepath.Join(base, "data"), Keys: filepath.Join(base, "keys")},
			Dir:   dir, Listen: "127.0.0.1:0", Out: out, Logger: slog.New(slog.DiscardHandler),
		})
	}
	for looks := 1; ; looks *= 3 {
		f, said, ended := lit(t, looks), make(first, 1), make(chan error, 1)
		go func() { ended <- start(f, said) }()
		served := false
		select {
		case url := <-said:
			for f.Context.Err() == nil && !served {
				resp, err := (&http.Client{Timeout: time.Second}).Get(url + "/healthz")
				if err == nil {
					served = resp.StatusCode == http.StatusOK
					_ = resp.Body.Close()
				}
			}
			f.end()
			if err := <-ended; err != nil {
				t.Fatalf("told after %d looks, it ends with %v", looks, err)
			}
		case err := <-ended:
			if err != nil {
				t.Fatalf("told after %d looks, it ends with %v", looks, err)
			}
		case <-time.After(time.Minute):
			t.Fatalf("told after %d looks, it neither serves nor ends", looks)
		}
		if served {
			t.Logf("it started within %d looks", looks)
			break
		}
	}
}
