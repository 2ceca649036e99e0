package services

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// Linked describes services as the European core vocabulary of public
// services does (CPSV-AP 3.2), as JSON-LD. Base is the address of the portal.
func Linked(list []*Definition, pol *policy.Policy, base, currency string) ([]byte, error) {
	g := graph{base: base, currency: currency, pol: pol, seen: map[string]bool{}}
	for _, d := range list {
		g.service(d)
	}
	b, err := json.MarshalIndent(map[string]any{
		"@context": map[string]any{
			"adms": "http://www.w3.org/ns/adms#", "cpsv": "http://purl.org/vocab/cpsv#", "cv": "http://data.europa.eu/m8g/",
			"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "eli": "http://data.europa.eu/eli/ontology#",
			"foaf": "http://xmlns.com/foaf/0.1/", "schema": "https://schema.org/", "skos": "http://www.w3.org/2004/02/skos/core#",
			"xsd": "http://www.w3.org/2001/XMLSchema#",
		},
		"@graph": g.nodes,
	}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write services as JSON-LD: %w", err)
	}
	return append(b, '\n'), nil
}

// graph gathers the nodes of a document, each once.
type graph struct {
	base     string
	currency string
	pol      *policy.Policy
	seen     map[string]bool
	nodes    []any
}

type node = map[string]any

// tagged is a text in each of its languages.
func tagged(t i18n.Text) []any {
	var out []any
	for _, lang := range langsOf(t) {
		out = append(out, node{"@language": lang, "@value": strings.TrimSpace(t[lang])})
	}
	return out
}

func langsOf(t i18n.Text) []string { return slices.Sorted(maps.Keys(t)) }

// add puts a node into the document and returns a reference to it.
func (g *graph) add(id, kind string, more node) node {
	if !g.seen[id] {
		g.seen[id] = true
		more["@id"], more["@type"] = id, kind
		g.nodes = append(g.nodes, more)
	}
	return node{"@id": id}
}

// concept is a term: of ours with its words, or of another vocabulary.
func (g *graph) concept(id string, more node) node { return g.add(id, "skos:Concept", more) }

// own is the address of something that all services share.
func (g *graph) own(kind, id string) string { return g.base + "/services.jsonld#" + kind + "-" + id }

// of is the address of something of a service.
func (g *graph) of(service, what string) string {
	return g.base + "/services/" + service + ".jsonld#" + what
}

func (g *graph) service(d *Definition) {
	var related []any
	for _, v := range d.Variants {
		offer, _ := d.Offer(v.ID)
		related = append(related, g.offer(d, offer, []any{node{"@id": g.of(d.ID, "service")}}))
	}
	whole := Offer{Summary: d.Summary, Eligibility: d.Eligibility, Documents: d.Documents, Needs: d.Needs, Cost: d.Cost}
	g.offer(d, whole, related)
}

// offer writes a service, or one of its variants: both are public services.
func (g *graph) offer(d *Definition, o Offer, related []any) node {
	id, name, query := d.ID, d.Name, ""
	at := func(what string) string { return g.of(d.ID, what) }
	if o.Variant != "" {
		id, query = d.ID+"-"+o.Variant, "?variant="+o.Variant
		at = func(what string) string { return g.of(d.ID, o.Variant+"-"+what) }
		name = i18n.Text{}
		for lang, text := range d.Name {
			name[lang] = text + ": " + o.Name[lang]
		}
	}
	var pages []any
	for _, lang := range langsOf(d.Name) {
		pages = append(pages, g.add(g.base+"/"+lang+"/services/"+d.ID+query, "foaf:Document", node{"dct:language": lang}))
	}
	s := node{
		"dct:identifier": id, "dct:title": tagged(name), "dct:description": tagged(o.Summary), "foaf:page": pages,
		"cv:hasCompetentAuthority": g.authority(d.Responsible),
		"cv:thematicArea":          g.concept(g.own("category", d.Category), node{"skos:prefLabel": tagged(d.category.Name)}),
		"cv:hasLegalResource":      g.add(g.of(d.ID, "law"), "eli:LegalResource", node{"dct:title": tagged(d.Law)}),
		"cv:hasChannel":            g.add(at("portal"), "cv:Channel", node{"dct:identifier": id + "-portal", "foaf:page": pages}),
		"cv:hasCost": g.add(at("cost"), "cv:Cost", node{
			"dct:identifier": id + "-cost", "dct:description": tagged(o.Cost),
			"cv:currency": g.concept("http://publications.europa.eu/resource/authority/currency/"+g.currency, node{}),
		}),
		"cv:holdsRequirement": g.add(at("eligibility"), "cv:Requirement", node{
			"dct:identifier": id + "-eligibility", "dct:title": tagged(o.Eligibility),
		}),
	}
	var audience, inputs, needs []any
	for _, a := range d.Audience {
		audience = append(audience, g.concept(g.own("audience", string(a)), node{"skos:notation": string(a)}))
	}
	for i, t := range o.Documents {
		what := fmt.Sprintf("document-%d", i+1)
		inputs = append(inputs, g.add(at(what), "cv:EvidenceType", node{"dct:identifier": id + "-" + what, "dct:title": tagged(t)}))
	}
	for _, n := range o.Needs {
		what := "service"
		if n.Variant != "" {
			what = n.Variant + "-service"
		}
		needs = append(needs, node{"@id": g.of(n.Service, what)})
	}
	for key, list := range map[string][]any{
		"dct:audience": audience, "cv:hasInputType": inputs, "dct:requires": needs, "cv:relatedService": related, "dcat:keyword": keywords(d),
	} {
		if len(list) > 0 {
			s[key] = list
		}
	}
	return g.add(at("service"), "cpsv:PublicService", s)
}

// authority is the party that answers for a service.
func (g *graph) authority(id string) node {
	party, _ := g.pol.Party(id)
	return g.add(g.own("party", id), "cv:PublicOrganisation", node{
		"dct:identifier": id, "skos:prefLabel": tagged(party.Name),
		"dct:spatial": g.add(g.own("country", party.Country), "dct:Location", node{"dct:identifier": party.Country}),
	})
}

// keywords are those that people search by.
func keywords(d *Definition) (all []any) {
	for _, lang := range langsOf(d.Keywords) {
		for word := range strings.SplitSeq(d.Keywords[lang], ",") {
			if word = strings.TrimSpace(word); word != "" {
				all = append(all, node{"@language": lang, "@value": word})
			}
		}
	}
	return all
}
