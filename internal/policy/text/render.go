package text

import (
	"bytes"
	"fmt"
	"io"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// Expand writes what a reference stands for: a block between paragraphs if
// r.Block, else words within a sentence. It escapes what it writes.
type Expand func(w io.Writer, r Reference) error

// HTML writes the document as HTML, with each reference expanded.
func (d *Document) HTML(w io.Writer, expand Expand) error {
	r := renderer.NewRenderer(renderer.WithNodeRenderers(
		util.Prioritized(html.NewRenderer(), 1000),
		util.Prioritized(&expander{expand: expand}, 100),
	))
	if err := r.Render(w, d.source, d.root); err != nil {
		return fmt.Errorf("write the %s text: %w", d.Lang, err)
	}
	return nil
}

type expander struct{ expand Expand }

func (e *expander) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(kind, e.reference)
	reg.Register(ast.KindParagraph, paragraph)
}

func (e *expander) reference(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	return ast.WalkContinue, e.expand(w, n.(*node).ref)
}

// paragraph writes none around a reference that stands alone: a table is no
// part of a paragraph.
func paragraph(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if r, ok := n.FirstChild().(*node); ok && r.ref.Block {
		return ast.WalkContinue, nil
	}
	tag := "</p>\n"
	if entering {
		tag = "<p>"
	}
	_, err := w.WriteString(tag)
	return ast.WalkContinue, err
}

// Markdown writes the document as it was written, with each reference replaced
// by what expand writes for it.
func (d *Document) Markdown(w io.Writer, expand Expand) error {
	done := 0
	err := ast.Walk(d.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		r, ok := n.(*node)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		if _, err := w.Write(d.source[done:r.at]); err != nil {
			return ast.WalkStop, err
		}
		done = r.at + bytes.IndexByte(d.source[r.at:], '}') + 1
		return ast.WalkContinue, expand(w, r.ref)
	})
	if err != nil {
		return fmt.Errorf("write the %s text: %w", d.Lang, err)
	}
	_, err = w.Write(d.source[done:])
	return err
}
