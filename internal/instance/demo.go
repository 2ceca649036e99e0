package instance

import "strings"

// Demo is demo.yaml: the people of a demonstration, who do not exist. Without
// it a demonstration has neutral ones.
type Demo struct {
	People    []DemoPerson `yaml:"people" doc:"those for whom the portal is; the tour speaks of the first"`
	Officials []string     `yaml:"officials" doc:"names of those who work with it, given to the roles in turn"`
}

// DemoPerson is one for whom the portal is.
type DemoPerson struct {
	Role     string    `yaml:"role" doc:"how the program's output calls them, such as citizen"`
	Email    string    `yaml:"email" doc:"with which they sign in, such as ann@demo.example"`
	Name     string    `yaml:"name"`
	Birth    string    `yaml:"birth-date" doc:"such as 1990-12-31"`
	Identity string    `yaml:"identity-number"`
	Address  string    `yaml:"address" doc:"a line each"`
	Company  *DemoFirm `yaml:"company,omitempty" doc:"for which they act, verified"`
}

// DemoFirm is a company of a demonstration.
type DemoFirm struct {
	Name   string `yaml:"name"`
	Number string `yaml:"number"`
}

// demo reads demo.yaml, if there is one.
func (l *loader) demo(in *Instance) {
	if l.files[demoFile] == nil || !l.decode(demoFile, &in.Demo) {
		return
	}
	if len(in.Demo.People) == 0 || len(in.Demo.Officials) == 0 {
		l.report(demoFile, 1, "people and officials: at least one each")
	}
	seen := map[string]bool{}
	for i, p := range in.Demo.People {
		at := index("people", i)
		if !strings.HasSuffix(p.Email, "@demo.example") {
			l.at(demoFile, at+"/email", "%s/email: an address at demo.example, where nobody is", at)
		}
		if seen[p.Email] {
			l.at(demoFile, at+"/email", "%s/email: %s stands here twice", at, p.Email)
		}
		seen[p.Email] = true
	}
}
