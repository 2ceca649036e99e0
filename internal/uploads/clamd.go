package uploads

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"time"
)

// Clamd is ClamAV's daemon, spoken to as its manual describes INSTREAM.
type Clamd struct{ network, address string }

const (
	dialTime  = 3 * time.Second
	scanTime  = 2 * time.Minute
	maxAnswer = 4 << 10
)

// ErrScanner is what is wrong with an address.
var errAddress = errors.New("must be unix:/PATH, or tcp:ADDRESS:PORT of this machine: files travel to the scanner in clear")

// NewClamd returns the daemon at an address. It connects to nothing.
func NewClamd(address string) (*Clamd, error) {
	network, where, ok := strings.Cut(address, ":")
	switch {
	case !ok:
	case network == "unix" && filepath.IsAbs(where):
		return &Clamd{network, where}, nil
	case network == "tcp":
		if a, err := netip.ParseAddrPort(where); err == nil && a.Addr().IsLoopback() {
			return &Clamd{network, where}, nil
		}
	}
	return nil, errAddress
}

// Ping asks the daemon whether it is there.
func (c *Clamd) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, c.network, c.address)
	if err != nil {
		return fmt.Errorf("reach the scanner: %w", err)
	}
	defer conn.Close() //nolint:errcheck // nothing is left to be written
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	_, sent := io.WriteString(conn, "zPING\x00")
	answer, err := io.ReadAll(io.LimitReader(conn, maxAnswer))
	if string(answer) != "PONG\x00" {
		return fmt.Errorf("ask the scanner: %w", errors.Join(sent, err, ctx.Err(), io.ErrUnexpectedEOF))
	}
	return nil
}

// Scan sends r to the daemon and returns the name of what it found.
func (c *Clamd) Scan(ctx context.Context, r io.Reader) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, scanTime)
	defer cancel()
	conn, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", fmt.Errorf("reach the scanner: %w", err)
	}
	defer conn.Close() //nolint:errcheck // nothing is left to be written
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	sent := send(conn, r)
	var read readFailed
	if errors.As(sent, &read) {
		return "", read.error
	}
	// A daemon that has seen enough answers and hangs up before the end.
	answer, err := io.ReadAll(io.LimitReader(conn, maxAnswer))
	if len(answer) == 0 {
		return "", fmt.Errorf("ask the scanner: %w", errors.Join(sent, err, ctx.Err(), io.ErrUnexpectedEOF))
	}
	text := string(bytes.TrimRight(answer, "\x00\n"))
	if text == "stream: OK" && sent == nil {
		return "", nil
	}
	if name, ok := strings.CutPrefix(text, "stream: "); ok {
		if name, ok = strings.CutSuffix(name, " FOUND"); ok {
			return name, nil
		}
	}
	return "", errors.New("the scanner did not scan: its size limit (StreamMaxLength) may be too small")
}

// readFailed is an error of what is sent, not of the connection.
type readFailed struct{ error }

// send writes the command and the chunks, each behind its length.
func send(w io.Writer, r io.Reader) error {
	if _, err := io.WriteString(w, "zINSTREAM\x00"); err != nil {
		return err
	}
	buf := make([]byte, 4+64<<10)
	for {
		n, err := io.ReadFull(r, buf[4:])
		if n > 0 {
			binary.BigEndian.PutUint32(buf, uint32(n))
			if _, err := w.Write(buf[:4+n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return readFailed{err}
		}
	}
	_, err := w.Write([]byte{0, 0, 0, 0})
	return err
}
