package instance

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"portico/internal/testkit"
)

// TestALevelThatNothingGivesIsRefused, and a login that does not fit together.
func TestALevelThatNothingGivesIsRefused(t *testing.T) {
	const portal, place, service = "portico.yaml", "environment.yaml", "services/road-permit/service.yaml"
	for name, c := range map[string]struct {
		file, old, replacement, want string
	}{
		"a level by a register":    {service, "\naudience:", "\nlevel: register\naudience:", "nothing gives the level register: it needs a register that this portal asks over an exchange"},
		"a level of the login":     {service, "\naudience:", "\nlevel: national\naudience:", ""},
		"a place of no login":      {portal, "  login:\n    level: national", "  login2:\n    level: national", "accounts"},
		"a login of no place":      {place, "login: #", "login2: #", "login"},
		"no secret":                {place, "  secret: env:PORTICO_LOGIN_SECRET\n", "", "secret"},
		"an issuer without TLS":    {place, "issuer: https:", "issuer: http:", "issuer"},
		"a field that is none":     {portal, "person.name: name", "person.shoe: size\n      person.name: name", `a login tells no field "person.shoe"`},
		"a service's field":        {portal, "person.name: name", "road-permit.road: road\n      person.name: name", `a login tells no field "road-permit.road"`},
		"no contact":               {portal, "      person.email: email # counts if email_verified is true\n", "", "person.email or person.phone is needed"},
		"no number":                {portal, "      person.identity-number: idnumber\n", "", "person.identity-number is needed"},
		"a source that is missing": {"policy/data.yaml", "[form, party:national-login]", "[form]", `fields/person.birth-date/sources: "party:national-login" is missing`},
		"no cookie":                {"policy/cookies.yaml", "- name: login", "- name: lagoon", `cookies: "login" is missing`},
		"nobody's login":           {"policy/recipients.yaml", "destinations: [login]", "destinations: []", "login"},
		"a level that is none":     {portal, "level: national", "level: register", "level"},
	} {
		files := fstest.MapFS{}
		root := filepath.Join(testkit.Root(), "instances/onegov")
		if err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(filepath.Join(root, path)) //nolint:gosec // the project's own file
			files[path] = &fstest.MapFile{Data: b}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		change(t, files, c.file, c.old, c.replacement)
		_, faults := Load(files, Options{Demo: true, Catalogue: sentences(t)})
		got := lines(faults)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q is not among:\n%s", name, c.want, got)
		}
	}
}
