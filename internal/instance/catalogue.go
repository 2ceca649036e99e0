package instance

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"portico/internal/services"
)

// Evidence returns a file that an attestation names, as it was loaded.
func (in *Instance) Evidence(name string) ([]byte, error) {
	data, ok := in.files[name]
	if !ok || !isEvidence(name) {
		return nil, fmt.Errorf("the instance holds no evidence %q", name)
	}
	return slices.Clone(data), nil
}

// Differing are the services of a version whose files another does not have or
// says otherwise, in order of id.
func (in *Instance) Differing(other *Instance) (list []*services.Definition) {
	for _, id := range slices.Sorted(maps.Keys(in.Services)) {
		of := func(v *Instance) files {
			return maps.Collect(func(yield func(string, []byte) bool) {
				for name, data := range v.files {
					if strings.HasPrefix(name, "services/"+id+"/") && !yield(name, data) {
						return
					}
				}
			})
		}
		if !maps.EqualFunc(of(in), of(other), bytes.Equal) {
			list = append(list, in.Services[id])
		}
	}
	return list
}

// Catalogue returns the services, in force and as they were.
func (l *Live) Catalogue() services.Catalogue { return catalogue{l} }

type catalogue struct{ live *Live }

// Service returns the service in force, or nil.
func (c catalogue) Service(id string) *services.Definition { return c.live.Current().Services[id] }

// Services returns those in force, in order of id.
func (c catalogue) Services() []*services.Definition {
	in := c.live.Current()
	var out []*services.Definition
	for _, id := range slices.Sorted(maps.Keys(in.Services)) {
		out = append(out, in.Services[id])
	}
	return out
}

// Version returns the service as it was in the instance with this hash, or
// nil if there is none. A version that cannot be loaded is said in the log.
func (c catalogue) Version(hash, id string) *services.Definition {
	in, err := c.live.Version(context.Background(), hash)
	if err != nil {
		c.live.log.Error("a version of the instance cannot be had", slog.String("hash", hash), slog.String("error", err.Error()))
		return nil
	}
	return in.Services[id]
}

// Hash is the hash of the instance in force.
func (c catalogue) Hash() string { return c.live.Current().Hash }
