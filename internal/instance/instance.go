package instance

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gowebpki/jcs"

	"portico/internal/policy"
)

// Instance is a directory of declarations that has no fault. It never changes
// and is safe for concurrent use.
type Instance struct {
	Portal       Portal
	Environment  Environment
	Declarations *policy.Declarations // with those of the services
	Policy       *policy.Policy
	Hash         string // SHA-256 of everything but environment.yaml, in hexadecimal

	archive []byte // the files without environment.yaml
}

// seal hashes the instance and keeps its files for later.
func (l *loader) seal(in *Instance) error {
	sum, err := l.hash()
	if err != nil {
		return fmt.Errorf("hash the instance: %w", err)
	}
	in.Hash = sum
	in.archive, err = l.files.pack()
	return err
}

// hash is the SHA-256 of one canonical JSON object: each YAML file as data,
// each text as it stands, each piece of evidence by its own hash.
func (l *loader) hash() (string, error) {
	all := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		switch {
		case name == environmentFile:
		case isEvidence(name):
			sum := sha256.Sum256(l.files[name])
			all[name] = hex.EncodeToString(sum[:])
		case strings.HasSuffix(name, ".yaml"):
			all[name] = l.values[name]
		default:
			all[name] = strings.ReplaceAll(string(l.files[name]), "\r\n", "\n")
		}
	}
	b, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	if b, err = jcs.Transform(b); err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// compile turns the declarations into a policy. A fault on a line that has one
// already is not said again in other words.
func (l *loader) compile(in *Instance) {
	for _, file := range homes {
		if l.docs[file] == nil {
			return // without a whole file, all that refers to it would look wrong
		}
	}
	wrong := map[Fault]bool{}
	for _, f := range l.faults {
		wrong[Fault{File: f.File, Line: f.Line}] = true
	}
	p, problems := policy.Compile(in.Declarations, policy.Options{
		Languages: in.Portal.Langs(), Controls: l.opts.Controls, Destinations: in.Environment.Connections(), Demo: l.opts.Demo,
	})
	for _, problem := range problems {
		file, path := l.home(problem.Path)
		if line := l.docs[file].Line(path); !wrong[Fault{File: file, Line: line}] {
			l.report(file, line, "%s: %s", problem.Path, problem.Message)
		}
	}
	in.Policy = p
	l.storage(&in.Portal, in.Declarations.Parties)
}

// home finds the file in which the place of a declaration stands: those that
// a service derives are in the service's files.
func (l *loader) home(place string) (file, path string) {
	list, rest, _ := strings.Cut(place, "/")
	file = homes[list]
	if file == "" {
		return portalFile, ""
	}
	service, key, _ := strings.Cut(rest, ".")
	key, _, _ = strings.Cut(key, "/")
	if doc := l.docs["services/"+service+"/form.yaml"]; doc != nil && !l.docs[file].Has(list+"/"+service+"."+key) {
		if list == "fields" {
			return "services/" + service + "/form.yaml", "schema/properties/" + key
		}
		if l.docs["services/"+service+"/service.yaml"] != nil {
			return "services/" + service + "/service.yaml", ""
		}
	}
	return file, place
}

// services reads services/ID/….
func (l *loader) services(in *Instance) {}

// prose reads the policy's text and the terms.
func (l *loader) prose(in *Instance) {}

// locales reads what the portal says otherwise.
func (l *loader) locales(in *Instance) {}
