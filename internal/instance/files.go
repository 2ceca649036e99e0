package instance

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"portico/internal/platform/strict"
)

// The bounds on a directory.
const (
	maxFiles    = 2000
	maxTotal    = 32 << 20
	maxEvidence = 8 << 20 // one file that an attestation names
	maxFolders  = 5       // folders within folders
)

// Open returns the files below dir. Nothing outside dir can be reached
// through them.
func Open(dir string) (fs.FS, io.Closer, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("open the instance: %w", err)
	}
	return root.FS(), root, nil
}

// files is a directory as it was read once: path → content.
type files map[string][]byte

// shapes are the forms of path that a directory may hold.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`^(portico|environment|demo)\.yaml$`),
	regexp.MustCompile(`^README\.md$`),
	regexp.MustCompile(`^policy/(data|purposes|recipients|retention|cookies|rights|promises|deferrals)\.yaml$`),
	regexp.MustCompile(`^policy/(text|terms)/[a-z]{2,3}\.md$`),
	regexp.MustCompile(`^services/[a-z][a-z0-9-]*/(service|form|rules|workflow|document)\.yaml$`),
	regexp.MustCompile(`^services/[a-z][a-z0-9-]*/tests/[A-Za-z0-9._-]+\.yaml$`),
	regexp.MustCompile(`^news/[a-z0-9]+(-[a-z0-9]+)*\.yaml$`),
	regexp.MustCompile(`^notices/[a-z][a-z0-9-]*\.yaml$`),
	regexp.MustCompile(`^evidence/[A-Za-z0-9._-]+$`),
	regexp.MustCompile(`^locales/[a-z]{2,3}\.yaml$`),
}

func known(name string) bool {
	return slices.ContainsFunc(shapes, func(re *regexp.Regexp) bool { return re.MatchString(name) })
}

// isEvidence reports whether a file is only named and hashed, not read.
func isEvidence(name string) bool { return strings.HasPrefix(name, "evidence/") }

// read takes every file of an instance into memory, within the bounds.
func read(fsys fs.FS, report func(file string, line int, format string, args ...any)) files {
	out, total, seen := files{}, 0, 0
	errEnough := errors.New("enough")
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			report(name, 1, "cannot be read")
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if seen++; seen > 2*maxFiles {
			report(".", 1, "more than %d files", maxFiles)
			return errEnough
		}
		if name == "." {
			return nil
		}
		if strings.HasPrefix(path.Base(name), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			if strings.Count(name, "/") >= maxFolders {
				report(name, 1, "folders within folders beyond %d", maxFolders)
				return fs.SkipDir
			}
			return nil
		}
		switch {
		case !d.Type().IsRegular():
			report(name, 1, "not a regular file: links and devices are not allowed")
		case !known(name):
			report(name, 1, "no such file belongs to an instance")
		case name == "README.md":
		case len(out) == maxFiles:
			report(".", 1, "more than %d files", maxFiles)
			return errEnough
		default:
			limit := strict.MaxSize
			if isEvidence(name) {
				limit = maxEvidence
			}
			data, err := readFile(fsys, name, limit)
			if err != nil {
				report(name, 1, "%v", err)
				return nil
			}
			if total += len(data); total > maxTotal {
				report(".", 1, "more than %d bytes in all", maxTotal)
				return errEnough
			}
			out[name] = data
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		report(".", 1, "the directory cannot be read")
	}
	return out
}

func readFile(fsys fs.FS, name string, limit int) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, errors.New("cannot be read")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, errors.New("cannot be read")
	}
	if len(data) > limit {
		return nil, fmt.Errorf("larger than %d bytes", limit)
	}
	return data, nil
}

// pack writes the files, without those that differ per place, as one archive
// that is the same for the same files.
func (f files) pack() ([]byte, error) {
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	w := tar.NewWriter(zip)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if name == environmentFile {
			continue
		}
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(f[name])), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
		if _, err := w.Write(f[name]); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := errors.Join(w.Close(), zip.Close()); err != nil {
		return nil, fmt.Errorf("pack the instance: %w", err)
	}
	return buf.Bytes(), nil
}

// unpack reads what pack wrote, within the same bounds.
func unpack(archive []byte) (files, error) {
	zip, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("unpack the instance: %w", err)
	}
	out, r := files{}, tar.NewReader(io.LimitReader(zip, 2*maxTotal))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("unpack the instance: %w", err)
		}
		if !known(h.Name) || len(out) == maxFiles {
			return nil, fmt.Errorf("unpack the instance: %q does not belong there", h.Name)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("unpack %s: %w", h.Name, err)
		}
		out[h.Name] = data
	}
}
