// Package jsonld writes a policy for machines that compare policies: as JSON-LD
// with the terms of the Data Privacy Vocabulary (DPV 2.3). It promises that what
// a document refers to of its own stands in it, and that it says nothing but the
// declarations.
package jsonld

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// Document is the policy p. Each activity is a dpv:Process; ids are relative to
// base, the address of the document.
func Document(p *policy.Policy, base string) ([]byte, error) {
	d := p.Declarations()
	graph := []any{map[string]any{
		"@id": base, "@type": "dpv:PrivacyNotice",
		"dct:modified": string(d.Revision.Date), "dct:identifier": "sha256:" + p.Hash(), "dct:description": texts(d.Revision.Summary),
		"dpv:hasProcess": refs("activity", d.Activities, func(v policy.Activity) string { return v.ID }),
		"dpv:hasRight":   refs("right", d.Rights, func(v policy.Right) string { return v.ID }),
	}}
	add := func(kind, id string, types []string, name i18n.Text, more map[string]any) {
		node := map[string]any{"@id": "#" + kind + "/" + id, "@type": types, "skos:prefLabel": texts(name)}
		maps.Copy(node, more)
		maps.DeleteFunc(node, func(_ string, v any) bool { return v == nil })
		graph = append(graph, node)
	}
	for _, v := range d.Categories {
		add("category", v.ID, []string{"dpv:PersonalData", string(v.DPV)}, v.Name, map[string]any{"dpv:hasStorageCondition": ref("retention", v.Retention)})
	}
	for _, v := range d.Fields {
		add("field", v.ID, []string{"dpv:PersonalData"}, v.Name, map[string]any{
			"skos:broader": ref("category", v.Category), "dct:description": texts(v.Why), "dpv:hasDataSource": v.Sources,
		})
	}
	for _, v := range d.Purposes {
		add("purpose", v.ID, []string{"dpv:Purpose", string(v.DPV)}, v.Name, map[string]any{
			"dct:description": texts(v.Description), "dpv:hasLegalBasis": basisNode(v.Basis),
		})
	}
	for _, v := range d.Parties {
		more := map[string]any{"dpv:hasPurpose": refsOf("purpose", v.Purposes), "dpv:hasCountry": map[string]any{"@id": "loc:" + v.Country}}
		if v.Policy != "" {
			more["dpv:hasNotice"] = map[string]any{"@id": v.Policy}
		}
		add("party", v.ID, []string{string(v.Kind)}, v.Name, more)
	}
	for _, v := range d.Retention {
		add("retention", v.ID, []string{"dpv:StorageCondition"}, v.Name, map[string]any{
			"dpv:hasDuration": string(v.Period), "dct:description": texts(v.Trigger),
		})
	}
	for _, v := range d.Rights {
		add("right", v.ID, []string{"dpv:Right", string(v.DPV)}, v.Name, map[string]any{"dct:description": texts(v.How)})
	}
	for _, v := range d.Activities {
		more := map[string]any{
			"dpv:hasPurpose": ref("purpose", v.Purpose), "dpv:hasLegalBasis": basisNode(p.BasisOf(v)),
			"dpv:hasPersonalData": refsOf("field", v.Fields), "dpv:hasRecipient": refsOf("party", v.Parties),
			"dpv:hasProcessing": processing(v), "dpv:hasStorageCondition": ref("retention", v.Retention),
		}
		if len(v.Automated) > 0 {
			var logic, effect []any
			for _, one := range v.Automated {
				logic, effect = append(logic, map[string]any{"dct:identifier": one.Rule, "dct:description": texts(one.Logic)}), append(effect, map[string]any{"dct:description": texts(one.Effect)})
			}
			more["dpv:hasContext"], more["dpv:hasHumanInvolvement"] = map[string]any{"@id": "dpv:AutomatedDecisionMaking"}, map[string]any{"@id": "dpv:HumanInvolvementForIntervention"}
			more["dpv:hasAlgorithmicLogic"], more["dpv:hasConsequence"] = logic, effect
		}
		add("activity", v.ID, []string{"dpv:Process"}, v.Name, more)
	}
	b, err := json.MarshalIndent(map[string]any{
		"@context": map[string]any{
			"@base": base, "dpv": "https://w3id.org/dpv#", "pd": "https://w3id.org/dpv/pd#", "loc": "https://w3id.org/dpv/loc#",
			"eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#", "justifications": "https://w3id.org/dpv/justifications#", "dct": "http://purl.org/dc/terms/", "skos": "http://www.w3.org/2004/02/skos/core#",
		},
		"@graph": graph,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the policy as JSON-LD: %w", err)
	}
	return append(b, '\n'), nil
}

// texts are language-tagged strings.
func texts(t i18n.Text) any {
	if len(t) == 0 {
		return nil
	}
	out := []any{}
	for _, lang := range slices.Sorted(maps.Keys(t)) {
		out = append(out, map[string]any{"@language": lang, "@value": t[lang]})
	}
	return out
}

func ref(kind, id string) any {
	if id == "" {
		return nil
	}
	return map[string]any{"@id": "#" + kind + "/" + id}
}

func refsOf(kind string, ids []string) any {
	return refs(kind, ids, func(id string) string { return id })
}

func refs[T any](kind string, items []T, id func(T) string) any {
	if len(items) == 0 {
		return nil
	}
	out := make([]any, len(items))
	for i, v := range items {
		out[i] = ref(kind, id(v))
	}
	return out
}

func basisNode(b policy.Basis) any {
	node := map[string]any{"@type": string(b.DPV)}
	if t := texts(b.Law); t != nil {
		node["dct:description"] = t
	}
	return node
}

// processing are DPV's words for the operations.
func processing(a policy.Activity) []any {
	var out []any
	for _, o := range a.Operations {
		name := strings.ToUpper(string(o[:1])) + string(o[1:])
		out = append(out, map[string]any{"@id": "dpv:" + name})
	}
	return out
}
