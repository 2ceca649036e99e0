package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"portico/internal/demo"
	"portico/internal/platform/clock"
)

// The bounds: what a town's smallest machine must manage.
const (
	startBound  = 300 // milliseconds
	memoryBound = 80  // MB
	visitBound  = 100 // KB
	renderBound = 5   // milliseconds
)

// bench measures the program from outside, in a process of its own.
type bench struct {
	dir, data, keys        string
	events, starts, rounds int
	clock                  clock.System
}

// process is the program under measurement.
type process struct {
	cmd     *exec.Cmd
	url     string
	started time.Duration // from its birth to the line that says where it serves
	people  []string      // addresses of the demo's two citizens
	log     bytes.Buffer
	ended   chan error
}

// start starts the program and waits for its two lines.
func (b *bench) start(ctx context.Context) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{ended: make(chan error, 1)}
	p.cmd = exec.CommandContext(ctx, self, "serve", b.dir, "--demo", "--listen", "127.0.0.1:0", "--data", b.data, "--keys", b.keys)
	p.cmd.Stderr = &p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := b.clock.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for len(p.people) < 2 && lines.Scan() {
		switch words := strings.Fields(lines.Text()); {
		case len(words) == 2 && words[0] == "portico:":
			p.started, p.url = b.clock.Now().Sub(began), words[1]
		case len(words) == 3 && words[0] == "demo":
			p.people = append(p.people, words[2])
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, out)
		p.ended <- p.cmd.Wait()
	}()
	if len(p.people) < 2 {
		return nil, fmt.Errorf("the program does not start: %w: %s", p.stop(), p.log.String())
	}
	return p, nil
}

// stop ends the program as an operator would.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if err := <-p.ended; err != nil {
		return fmt.Errorf("the program ends badly: %w: %s", err, lastLine(p.log.String()))
	}
	return nil
}

// lastLine is what a program said last.
func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

func (b *bench) run(ctx context.Context) ([]measure, error) {
	busy, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	usual, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	paths, err := b.fill(ctx, busy, usual)
	if err != nil {
		return nil, err
	}
	var all []measure
	for _, step := range []func(context.Context) (measure, error){
		b.starting, b.resting, b.visiting,
	} {
		m, err := step(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	for _, one := range []struct {
		who string
		jar http.CookieJar
	}{{"", usual}, {", long log", busy}} {
		m, err := b.rendering(ctx, one.who, one.jar, paths)
		if err != nil {
			return nil, err
		}
		all = append(all, m...)
	}
	return all, nil
}

// visitor is a browser that follows no redirect.
func visitor(jar http.CookieJar) *http.Client {
	return &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: 32}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ask asks for an address and returns its answer whole.
func ask(ctx context.Context, c *http.Client, method, address string, form url.Values) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := c.Do(r)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(resp.Body)
	return resp, body, errors.Join(err, resp.Body.Close())
}

// fill founds the store, signs both citizens in, has the busy one read their
// data until the log holds so many events, and returns the pages that the
// other one can reach.
func (b *bench) fill(ctx context.Context, busy, usual http.CookieJar) ([]string, error) {
	p, err := b.start(ctx)
	if err != nil {
		return nil, err
	}
	c, other := visitor(busy), visitor(usual)
	defer c.CloseIdleConnections()
	defer other.CloseIdleConnections()
	for i, who := range []*http.Client{c, other} {
		resp, _, err := ask(ctx, who, http.MethodPost, p.url+"/en/sign-in", url.Values{"contact": {p.people[i]}, "password": {demo.Password}})
		if err != nil || resp.StatusCode != http.StatusSeeOther {
			return nil, errors.Join(fmt.Errorf("the demo's %s is not let in", p.people[i]), err, p.stop())
		}
	}
	var left atomic.Int64
	left.Store(int64(b.events))
	failed := make(chan error, 16)
	var readers sync.WaitGroup
	for range cap(failed) {
		readers.Go(func() {
			for left.Add(-1) >= 0 {
				resp, _, err := ask(ctx, c, http.MethodGet, p.url+"/en/cabinet/data", nil)
				if err != nil || resp.StatusCode != http.StatusOK {
					failed <- errors.Join(errors.New("a read is not answered"), err)
					return
				}
			}
		})
	}
	readers.Wait()
	close(failed)
	if err := <-failed; err != nil {
		return nil, errors.Join(err, p.stop())
	}
	paths, err := crawl(ctx, other, p.url)
	return paths, errors.Join(err, p.stop())
}

var link = regexp.MustCompile(`<a [^>]*href="(/en/[^"#?]*)`)

// crawl returns every page that links lead to, from the first page and the
// cabinet on.
func crawl(ctx context.Context, c *http.Client, base string) ([]string, error) {
	found, pages := []string{"/en/", "/en/cabinet/"}, []string{}
	for i := 0; i < len(found) && i < 200; i++ {
		resp, body, err := ask(ctx, c, http.MethodGet, base+found[i], nil)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			continue
		}
		pages = append(pages, found[i])
		for _, m := range link.FindAllSubmatch(body, -1) {
			if to := string(m[1]); !slices.Contains(found, to) {
				found = append(found, to)
			}
		}
	}
	return pages, nil
}

// starting measures how long it takes until the program serves.
func (b *bench) starting(ctx context.Context) (measure, error) {
	var took []time.Duration
	for range b.starts {
		p, err := b.start(ctx)
		if err != nil {
			return measure{}, err
		}
		took = append(took, p.started)
		if err := p.stop(); err != nil {
			return measure{}, err
		}
	}
	slices.Sort(took)
	return measure{
		Name: "start to ready", Value: milliseconds(took[len(took)/2]), Bound: startBound, Unit: "ms",
		Note: fmt.Sprintf("%d events; median of %d, slowest %.0f ms", b.events, len(took), milliseconds(took[len(took)-1])),
	}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// resting measures what the program holds when it has shown its public pages
// once and nobody asks any more.
func (b *bench) resting(ctx context.Context) (measure, error) {
	p, err := b.start(ctx)
	if err != nil {
		return measure{}, err
	}
	c := visitor(nil)
	defer c.CloseIdleConnections()
	if _, err := crawl(ctx, c, p.url); err != nil {
		return measure{}, errors.Join(err, p.stop())
	}
	timer := time.NewTimer(3 * time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return measure{}, errors.Join(ctx.Err(), p.stop())
	}
	held, err := resident(p.cmd.Process.Pid)
	if err := errors.Join(err, p.stop()); err != nil {
		return measure{}, err
	}
	return measure{Name: "idle memory", Value: held, Bound: memoryBound, Unit: "MB", Note: "resident, after every public page was shown once"}, nil
}

// resident is the memory of a process that is not swapped out, in megabytes.
func resident(pid int) (float64, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, fmt.Errorf("memory is measured on Linux only: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if words := strings.Fields(line); len(words) == 3 && words[0] == "VmRSS:" {
			kb, err := strconv.ParseFloat(words[1], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("the system does not say how much memory a process holds")
}

// counted counts what comes over a connection.
type counted struct {
	net.Conn
	bytes *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

var (
	asset    = regexp.MustCompile(`(?:href|src)="(/_/[^"]+)"`)
	fontFace = regexp.MustCompile(`@font-face\{[^}]*url\("([^"]+)"\)[^}]*unicode-range:([^};]+)`)
)

// visiting measures what comes over the wire at somebody's first visit: the
// first page, its style and script, and the fonts whose characters it holds.
func (b *bench) visiting(ctx context.Context) (measure, error) {
	p, err := b.start(ctx)
	if err != nil {
		return measure{}, err
	}
	bytes, files, err := visit(ctx, p.url)
	if err := errors.Join(err, p.stop()); err != nil {
		return measure{}, err
	}
	return measure{
		Name: "first visit", Value: float64(bytes) / 1024, Bound: visitBound, Unit: "KB", Note: fmt.Sprintf("the first page and %d files, compressed, with headers", files),
	}, nil
}

func visit(ctx context.Context, base string) (total int64, files int, err error) {
	var bytes atomic.Int64
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return counted{conn, &bytes}, err
	}
	c := &http.Client{Transport: &http.Transport{DialContext: dial}} // asks for gzip by itself
	defer c.CloseIdleConnections()
	_, page, err := ask(ctx, c, http.MethodGet, base+"/en/", nil)
	if err != nil {
		return 0, 0, err
	}
	var wanted []string
	for _, m := range asset.FindAllSubmatch(page, -1) {
		wanted = append(wanted, string(m[1]))
	}
	fonts := false
	for i := 0; i < len(wanted); i++ {
		if slices.Index(wanted, wanted[i]) < i {
			continue
		}
		resp, body, err := ask(ctx, c, http.MethodGet, base+wanted[i], nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			return 0, 0, errors.Join(fmt.Errorf("%s cannot be had", wanted[i]), err)
		}
		files++
		for _, m := range fontFace.FindAllSubmatch(body, -1) {
			fonts = true
			if holds(string(page), string(m[2])) {
				wanted = append(wanted, "/_/"+string(m[1]))
			}
		}
	}
	if !fonts {
		return 0, 0, errors.New("this program was built without its fonts, so that a first visit says nothing: make build fetches them")
	}
	return bytes.Load(), files, nil
}

// holds reports whether a text has a character of a unicode-range.
func holds(text, ranges string) bool {
	for one := range strings.SplitSeq(ranges, ",") {
		from, to, span := strings.Cut(strings.TrimPrefix(strings.TrimSpace(one), "U+"), "-")
		if !span {
			to = from
		}
		low, err := strconv.ParseInt(from, 16, 32)
		high, also := strconv.ParseInt(to, 16, 32)
		if err == nil && also == nil && strings.ContainsFunc(text, func(r rune) bool { return int64(r) >= low && int64(r) <= high }) {
			return true
		}
	}
	return false
}

// rendering measures, by the server's own log, how long pages take to be made,
// and, held to no bound since flushes of a disk are in it, how long they take
// from the request to the answer.
func (b *bench) rendering(ctx context.Context, who string, jar http.CookieJar, paths []string) ([]measure, error) {
	p, err := b.start(ctx)
	if err != nil {
		return nil, err
	}
	c := visitor(jar)
	defer c.CloseIdleConnections()
	for range b.rounds {
		for _, path := range paths {
			resp, _, err := ask(ctx, c, http.MethodGet, p.url+path, nil)
			if err != nil || resp.StatusCode != http.StatusOK {
				return nil, errors.Join(fmt.Errorf("%s is not answered", path), err, p.stop())
			}
		}
	}
	if err := p.stop(); err != nil {
		return nil, err
	}
	var made, whole []float64
	slowest, worst := "", 0.0
	for line := range bytes.Lines(p.log.Bytes()) {
		var entry struct {
			Msg, Route              string
			Rendering, Microseconds float64
		}
		if json.Unmarshal(line, &entry) != nil || entry.Msg != "request" {
			continue
		}
		made, whole = append(made, entry.Rendering/1000), append(whole, entry.Microseconds/1000)
		if entry.Microseconds > worst {
			slowest, worst = entry.Route, entry.Microseconds
		}
	}
	if len(made) < b.rounds*len(paths) {
		return nil, errors.New("the log does not tell of every page")
	}
	slices.Sort(made)
	slices.Sort(whole)
	return []measure{
		{
			Name: "rendering, 95th percentile" + who, Value: made[len(made)*95/100], Bound: renderBound, Unit: "ms",
			Note: fmt.Sprintf("%d times %d pages, median %.2f ms", b.rounds, len(paths), made[len(made)/2]),
		},
		{
			Name: "whole answer, 95th percentile" + who, Value: whole[len(whole)*95/100], Unit: "ms",
			Note: fmt.Sprintf("with database and flushes, median %.2f ms; slowest %s with %.1f ms", whole[len(whole)/2], slowest, worst/1000),
		},
	}, nil
}
