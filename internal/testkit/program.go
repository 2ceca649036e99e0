package testkit

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Root is the project's folder: the nearest above the test's own that has a
// go.mod. Where a file was compiled says nothing with -trimpath, which lets
// several checkouts share what was built.
var Root = sync.OnceValue(func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err) // a test runs in its package's folder
	}
	for !isFile(filepath.Join(dir, "go.mod")) {
		if dir == filepath.Dir(dir) {
			panic("no go.mod above this test")
		}
		dir = filepath.Dir(dir)
	}
	return dir
})

func isFile(path string) bool {
	found, err := os.Stat(path)
	return err == nil && found.Mode().IsRegular()
}

// build makes the real program once a test binary. PORTICO_BINARY names one
// that exists already.
var build = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("PORTICO_BINARY"); given != "" {
		return filepath.Abs(given)
	}
	dir, err := os.MkdirTemp("", "portico-test-")
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, "portico")
	cmd := exec.Command("go", "build", "-o", out, "./cmd/portico")
	cmd.Dir = Root()
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", errors.New("go build: " + string(said))
	}
	return out, nil
})

// Binary is the path of the real program, built for this test.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Program is the real program, serving an instance in a process of its own.
type Program struct {
	URL string // its address, without a slash at its end
	PID int

	t      testing.TB
	said   chan []string // lines on standard output so far
	args   []string
	cmd    *exec.Cmd
	ended  chan struct{}
	stderr *bytes.Buffer
}

// Serve starts `portico serve ARGS` on a free port and waits until it says
// where. It is ended with the test.
func Serve(t testing.TB, args ...string) *Program {
	t.Helper()
	p := &Program{t: t, args: append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)}
	p.Start()
	t.Cleanup(p.Kill)
	return p
}

// Start starts the program again after Stop or Kill, with the same arguments.
func (p *Program) Start() {
	p.t.Helper()
	p.stderr, p.ended = &bytes.Buffer{}, make(chan struct{})
	p.cmd = exec.Command(Binary(p.t), p.args...)
	p.cmd.Stderr = p.stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.PID = p.cmd.Process.Pid
	p.said = make(chan []string, 1)
	p.said <- nil
	ready := make(chan string, 1)
	go func() {
		defer close(p.ended)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "portico: "); ok {
				ready <- url
			}
			p.said <- append(<-p.said, lines.Text())
		}
		_ = p.cmd.Wait()
	}()
	select {
	case p.URL = <-ready:
	case <-p.ended:
		p.t.Fatalf("portico %s ended:\n%s", strings.Join(p.args, " "), p.stderr)
	case <-time.After(time.Minute):
		p.Kill()
		p.t.Fatalf("portico %s says nothing:\n%s", strings.Join(p.args, " "), p.stderr)
	}
}

// Kill ends the program as a power failure would: kill -9.
func (p *Program) Kill() { p.end(syscall.SIGKILL) }

// Stop asks the program to end and waits until it has.
func (p *Program) Stop() { p.end(syscall.SIGTERM) }

func (p *Program) end(sig syscall.Signal) {
	_ = p.cmd.Process.Signal(sig)
	<-p.ended
}

// Log is what the program has written to its log. Call it after Stop or Kill.
func (p *Program) Log() string {
	<-p.ended
	return p.stderr.String()
}

// Said waits for a line on standard output that begins so, and returns the
// rest of it. Lines that matter may follow the address of the portal.
func (p *Program) Said(beginning string) string {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		lines := <-p.said
		p.said <- lines
		for _, line := range lines {
			if rest, ok := strings.CutPrefix(line, beginning); ok {
				return rest
			}
		}
		runtime.Gosched()
	}
	p.t.Fatalf("portico does not say %q", beginning)
	return ""
}

// Person is the e-mail address with which a demo's ROLE signs in.
func (p *Program) Person(role string) string {
	p.t.Helper()
	return p.Said("demo " + role + " ")
}

// Browse returns a browser with no cookies for this program.
func (p *Program) Browse() *Browser { return BrowseURL(p.t, p.URL) }
