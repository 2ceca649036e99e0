package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	neturl "net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"portico/internal/demo"
	"portico/internal/platform/clock"
)

// citizens is how many people ask for pages beside the schedule, and thinking
// how long each does between two, in the middle.
const (
	citizens = 16
	thinking = 100 * time.Millisecond
)

// browsers are those of people, in a process of their own, as browsers are.
type browsers struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// waited is what a browsers' process answers: how long each page took.
type waited struct {
	Pages  []time.Duration
	Failed string
}

// openBrowsers signs people of a demo in.
func openBrowsers(ctx context.Context, url string, people []string) (b *browsers, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b = &browsers{cmd: exec.CommandContext(ctx, self, "bench", "--browse", url)}
	b.cmd.Stderr = os.Stderr
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	b.out = json.NewDecoder(out)
	if err := b.cmd.Start(); err != nil {
		return nil, err
	}
	_, err = b.tell(strings.Join(people, " "))
	return b, err
}

// tell says a line to the process and returns what it answers.
func (b *browsers) tell(line string) ([]time.Duration, error) {
	var w waited
	_, err := io.WriteString(b.in, line+"\n")
	if err == nil {
		err = b.out.Decode(&w)
	}
	if err == nil && w.Failed != "" {
		err = errors.New(w.Failed)
	}
	if err != nil {
		return nil, fmt.Errorf("browsers beside the schedule: %w", err)
	}
	return w.Pages, nil
}

// beside has everybody look at their data again and again while something is
// done, and returns how long each waited each time.
func (b *browsers) beside(do func() error) ([]time.Duration, error) {
	if _, err := b.tell("begin"); err != nil {
		return nil, err
	}
	failed := do()
	pages, err := b.tell("end")
	return pages, errors.Join(failed, err)
}

func (b *browsers) close() error { return errors.Join(b.in.Close(), b.cmd.Wait()) }

// browse is the browsers' process: it signs in whom the first line names, and has
// them look at their data between a line "begin" and a line "end". It answers
// each line.
func browse(ctx context.Context, url string, in io.Reader, out io.Writer) error {
	lines, answer := bufio.NewScanner(in), json.NewEncoder(out)
	say := func(w waited, err error) error {
		if err != nil {
			w.Failed = err.Error()
		}
		return answer.Encode(w)
	}
	lines.Scan()
	looks, err := signedIn(ctx, url, strings.Fields(lines.Text()))
	if err := say(waited{}, err); err != nil {
		return err
	}
	for lines.Scan() { // "begin"
		if err := say(waited{}, nil); err != nil {
			return err
		}
		w, err := atWork(ctx, looks, lines.Scan)
		if err := say(w, err); err != nil {
			return err
		}
	}
	return lines.Err()
}

// signedIn are browsers of people that look at the page of their data, which the
// log has an event for.
func signedIn(ctx context.Context, url string, people []string) (looks []func(context.Context) error, err error) {
	for _, who := range people {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return nil, err
		}
		c := visitor(jar)
		resp, _, err := ask(ctx, c, http.MethodPost, url+"/en/sign-in", neturl.Values{"contact": {who}, "password": {demo.Password}})
		if err != nil || resp.StatusCode != http.StatusSeeOther {
			return nil, errors.Join(errors.New("somebody of the demo is not let in"), err)
		}
		looks = append(looks, func(ctx context.Context) error {
			resp, _, err := ask(ctx, c, http.MethodGet, url+"/en/cabinet/data", nil)
			if err != nil || resp.StatusCode != http.StatusOK {
				return errors.Join(errors.New("a page is not answered"), err)
			}
			return nil
		})
	}
	return looks, nil
}

// atWork has each look again and again until something ends.
func atWork(ctx context.Context, looks []func(context.Context) error, end func() bool) (w waited, failed error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	var now clock.System
	until, done := context.WithCancel(ctx)
	for _, look := range looks {
		all.Go(func() {
			// Each looks once at the least, be what is done ever so short.
			for {
				timer := time.NewTimer(rand.N(2 * thinking))
				select {
				case <-timer.C:
				case <-until.Done():
					timer.Stop()
				}
				began := now.Now()
				err := look(ctx)
				mu.Lock()
				w.Pages, failed = append(w.Pages, now.Now().Sub(began)), errors.Join(failed, err)
				mu.Unlock()
				if until.Err() != nil || err != nil {
					return
				}
			}
		})
	}
	end()
	done()
	all.Wait()
	return w, failed
}
