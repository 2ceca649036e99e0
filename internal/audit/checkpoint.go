package audit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is a signed statement: the log named Origin has Size entries and
// this root. Its form is C2SP tlog-checkpoint; the origin is the instance.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   [32]byte
}

func (c Checkpoint) text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// checkpointLimit is how long a signed checkpoint may be, with cosignatures.
const checkpointLimit = 16 << 10

// OpenCheckpoint reads a signed checkpoint and checks its signature.
func OpenCheckpoint(signed []byte, vkey string) (Checkpoint, error) {
	if len(signed) > checkpointLimit {
		return Checkpoint{}, errors.New("the checkpoint is too long to be one")
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the verifier key is not one: %w", err)
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the checkpoint is not signed by %s: %w", v.Name(), err)
	}
	c, err := parseCheckpoint(n.Text)
	if err == nil && c.Origin != v.Name() {
		err = fmt.Errorf("the checkpoint is of the log %q and the key of %q", c.Origin, v.Name())
	}
	return c, err
}

func parseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) != 4 || lines[0] == "" {
		return c, errors.New("the checkpoint has too few lines")
	}
	c.Origin = lines[0]
	c.Size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || c.Size < 0 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return c, errors.New("the checkpoint's size is no number")
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != len(c.Root) {
		return c, errors.New("the checkpoint's root is no hash")
	}
	c.Root = [32]byte(root)
	return c, nil
}
