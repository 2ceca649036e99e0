package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"portico/internal/instance"
	"portico/internal/login"
	"portico/internal/payments"
	"portico/internal/platform/web"
	"portico/internal/proof"
	"portico/internal/retention/measure"
)

// Serve runs the portal until ctx ends, then finishes what was begun.
func Serve(ctx context.Context, o Options) (err error) {
	p, err := build(ctx, o)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil // told to end while it began: there is nothing to end yet
	case err != nil:
		return err
	}
	defer func() { err = errors.Join(err, p.db.Close()) }()
	server, err := p.listen(o)
	if err != nil {
		return err
	}
	err = p.welcome(ctx, o, server.URL())
	if err == nil {
		if p.scanner == nil {
			p.logger.Warn("no scanner is declared: files get the portal's own examination only")
		}
		err = p.queue.Plan(ctx)
	}
	if err == nil {
		err = p.listenMail()
	}
	if err != nil && ctx.Err() == nil {
		return err // told to end while it began, it ends as at any other time
	}
	// What runs beside the server ends after it: a request that was accepted
	// may still write an event or a job.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	for _, run := range p.background(o) {
		running.Go(func() { run(background) })
	}
	err = server.Serve(ctx)
	stop()
	running.Wait()
	// What happened last is signed for before the program ends: a store that
	// is put back to before it is then found out at the next start (I16).
	return errors.Join(err, p.log.Integrate(context.WithoutCancel(ctx)))
}

// serverConfig is where and how the portal listens, as it was told and as the
// environment declares.
func serverConfig(o Options, env *instance.Environment) (web.ServerConfig, error) {
	c := web.ServerConfig{Listen: o.Listen, Metrics: o.Metrics, Demo: o.Demo, Log: o.Logger}
	if c.Listen == "" {
		c.Listen = env.Listen
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
	}
	if env.TLS != nil && !o.Demo {
		var ok, also bool
		c.Cert, ok = env.TLS.Certificate.File()
		c.Key, also = env.TLS.Key.File()
		if !ok || !also {
			return c, errors.New("environment.yaml: tls: certificate and key must be file: references, for they are read again when they change")
		}
	}
	if env.Proxy != nil && !o.Demo {
		file, _ := env.Proxy.Authority.File()
		c.Proxy = &web.Proxy{Listen: env.Proxy.Listen, Authority: file}
	}
	return c, nil
}

func (p *portal) listen(o Options) (*web.Server, error) {
	c, err := serverConfig(o, &p.live.Current().Environment)
	if err != nil {
		return nil, err
	}
	c.Handler, c.Measures = p.router, p.router.MetricsHandler()
	server, err := web.Listen(c)
	if err != nil {
		return nil, err
	}
	p.url = server.URL()
	if p.provider != nil {
		p.provider.Notify(p.url + payments.NotifyPath)
	}
	if p.logins != nil {
		p.logins.Leads(p.address() + login.BackPath)
	}
	p.transit = proof.Transit{Listen: server.Addr(), TLS: c.Cert != "", Proxy: c.Proxy != nil}
	return server, nil
}

// welcome prints the lines that others rely on.
func (p *portal) welcome(ctx context.Context, o Options, url string) error {
	if _, err := fmt.Fprintf(o.Out, "portico: %s\n", url); err != nil {
		return fmt.Errorf("say where the portal is: %w", err)
	}
	if !o.Demo {
		path, err := p.staff.Bootstrap(ctx)
		if err == nil && path != "" {
			_, err = fmt.Fprintf(o.Out, "first administrator (once, within a day): %s%s\n", url, path)
		}
		return err
	}
	people, err := p.seed(ctx)
	if err != nil {
		return err
	}
	for _, s := range people {
		if _, err := fmt.Fprintf(o.Out, "demo %s %s\n", s.Role, s.Email); err != nil {
			return fmt.Errorf("say who is in the demo: %w", err)
		}
	}
	return nil
}

// background is what runs beside the server until it is told to end.
func (p *portal) background(o Options) []func(context.Context) {
	logged := func(what string, err error) {
		if err != nil && !errors.Is(err, context.Canceled) {
			p.logger.Error(what+" failed", "error", web.Reduce(err))
		}
	}
	watched := func(what string, run func(context.Context, func(error))) func(context.Context) {
		return func(ctx context.Context) { run(ctx, func(err error) { logged(what, err) }) }
	}
	all := []func(context.Context){
		p.queue.Run,
		func(ctx context.Context) {
			logged("the log", p.log.Run(ctx, func(err error) { logged("publishing the log", err) }))
		},
		watched("keeping what was taken away", p.acts.Run),
		watched("looking after the epochs", p.watchEpochs),
		watched("publishing the policy", p.changes.Watch),
		watched("counting visits", p.visits.Run),
		func(ctx context.Context) { logged("examining the promises", p.board.Run(ctx)) },
		watched("asking about payments", p.payments.Run),
		watched("looking for what is overdue", p.cases.Watch),
		watched("looking for requests that are overdue", p.contact.Watch),
	}
	if o.Measure != nil {
		all = append(all, func(ctx context.Context) {
			o.Measure(ctx, measure.Config{DB: p.db, Vault: p.vault, Ring: p.ring, Kept: Kept(), Requests: p.rights, Foreground: p.router}, p.url)
		})
	}
	if p.mails != nil {
		all = append(all, func(ctx context.Context) { logged("taking mail", p.mails.Run(ctx)) })
	}
	if o.Watch {
		all = append(all, func(ctx context.Context) { p.live.Watch(ctx, os.DirFS(o.Dir)) })
	}
	return all
}
