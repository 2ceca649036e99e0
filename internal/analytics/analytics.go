package analytics

import (
	"embed"
	"io/fs"
	"strings"
	"time"

	"portico/internal/platform/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed locales/*.yaml
var locales embed.FS

// Migrations returns the schema of this package.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// Holding declares what the table of this package holds (I1): nothing personal.
func Holding() []db.Table {
	return []db.Table{{Name: "analytics_count", Columns: map[string]db.Holds{
		"day": db.Nothing, "page": db.Nothing, "lang": db.Nothing, "views": db.Nothing, "entries": db.Nothing, "timed": db.Nothing, "seconds": db.Nothing,
	}}}
}

// Few is the smallest number that is shown.
const Few = 10

// Longest is how many seconds of one view count: whoever leaves a page open
// over lunch does not read it.
const Longest = 1800

// Key is what is counted apart.
type Key struct {
	Day  string // 2026-11-22, in the portal's time zone
	Page string // a route, such as /services/road-permit/apply/check
	Lang string
}

// Numbers are what is counted of a page.
type Numbers struct {
	Views   int64
	Entries int64 // views with which a visit began
	Timed   int64 // views that told how long they lasted
	Seconds int64 // of those together
}

func (n *Numbers) add(m Numbers) {
	n.Views += m.Views
	n.Entries += m.Entries
	n.Timed += m.Timed
	n.Seconds += m.Seconds
}

// Average is how long a page was open, zero if too few told.
func (n Numbers) Average() time.Duration {
	if n.Timed < Few {
		return 0
	}
	return time.Duration(n.Seconds) * time.Second / time.Duration(n.Timed)
}

// page names what was looked at: the route, with ids of services and of pages
// of their forms in place, where known says that they are such.
func page(route string, value func(name string) string, known func(service, page string) bool) string {
	service := value("id")
	if !strings.HasPrefix(route, "/services/{id}") || !known(service, "") {
		return route
	}
	route = strings.Replace(route, "{id}", service, 1)
	if p := value("page"); p != "" && known(service, p) {
		route = strings.Replace(route, "{page}", p, 1)
	}
	return route
}
