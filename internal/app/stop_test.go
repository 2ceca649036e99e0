package app_test

import (
	"bufio"
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"portico/internal/instance"
	"portico/internal/testkit"
)

// TestADemoToldToEndWhileItsPeopleAreMadeEndsWell ends the real program early,
// which makes the rest of its people when it starts again.
func TestADemoToldToEndWhileItsPeopleAreMadeEndsWell(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "town")
	if err := instance.Init(dir); err != nil {
		t.Fatal(err)
	}
	args := []string{dir, "--demo", "--data", filepath.Join(base, "data"), "--keys", filepath.Join(base, "keys")}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, testkit.Binary(t), append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "portico: ") {
		t.Fatalf("its first line is %q", lines.Text())
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // whoever was made before it heard of it
	}
	if err := cmd.Wait(); err != nil || strings.Contains(said.String(), "portico:") {
		t.Fatalf("it ends with %v: %s", err, said.String())
	}
	p := testkit.Serve(t, args...)
	signIn(p.Browse(), p.Person("citizen"))
	p.Person("administrator")
}
