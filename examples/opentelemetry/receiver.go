// Package opentelemetry shows calls to App Store Connect, and what it posts,
// as OpenTelemetry's spans and metrics. The library itself knows nothing of
// OpenTelemetry: wrapper is handed an HTTP client that does, and notification
// an observer.
package opentelemetry

import (
	"context"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/ascmarketplace/webhooks/notification"
)

const scope = "github.com/ascmarketplace/webhooks/examples/opentelemetry"

// A Receiver receives notifications, with a span for each, the span of the
// function below it, and the metrics of [observeOutcomes].
type Receiver struct {
	handler *notification.Handler
	server  http.Handler
	tracer  trace.Tracer
}

// NewReceiver returns a Receiver that calls handle, as [notification.NewHandler] does.
// The observer is taken: opts must not have one.
func NewReceiver(tracers trace.TracerProvider, meters metric.MeterProvider, v *notification.Verifier,
	handle func(context.Context, *notification.Notification) error, opts ...notification.Option) (*Receiver, error) {
	count, err := observeOutcomes(meters.Meter(scope))
	if err != nil {
		return nil, err
	}
	tracer := tracers.Tracer(scope)
	observe := func(ctx context.Context, o notification.Outcome) {
		describe(trace.SpanFromContext(ctx), o)
		count(ctx, o)
	}
	if handle != nil { // nil is for NewHandler to refuse
		handle = traced(tracer, handle)
	}
	handler, err := notification.NewHandler(v, handle, append(opts, notification.WithObserver(observe))...)
	if err != nil {
		return nil, err
	}
	return &Receiver{handler: handler, tracer: tracer, server: otelhttp.NewHandler(handler, "receive notification",
		otelhttp.WithTracerProvider(tracers),
		// Anyone can reach the endpoint: a stranger neither continues our traces
		// nor makes a time series of each Host that they invent.
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
		otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()),
		otelhttp.WithSpanNameFormatter(func(operation string, _ *http.Request) string { return operation }),
	)}, nil
}

// ServeHTTP receives one notification.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.server.ServeHTTP(w, req) }

// Handle takes a notification that came another way: see [notification.Handler.Handle].
func (r *Receiver) Handle(ctx context.Context, raw []byte) error {
	ctx, span := r.tracer.Start(ctx, "receive notification", trace.WithSpanKind(trace.SpanKindConsumer))
	defer span.End()
	return r.handler.Handle(ctx, raw)
}

// describe puts the outcome on the notification's span. An error's text may
// quote the notification, so only its type is noted.
func describe(span trace.Span, o notification.Outcome) {
	span.SetAttributes(
		attribute.String("notification.outcome", string(o.Kind)),
		attribute.String("notification.reason", o.Reason),
	)
	if o.Notification != nil {
		span.SetAttributes(messageAttributes(o.Notification)...)
	}
	if o.Err == nil {
		return
	}
	span.SetAttributes(semconv.ErrorType(o.Err))
	if o.Kind != notification.OutcomeRefused { // as for any 4xx, the fault is the sender's
		span.SetStatus(codes.Error, o.Reason)
	}
}

// traced gives the function a span of its own. It is ended in a function of
// its own: called with defer, End would note the value of a panic.
func traced(tracer trace.Tracer, handle func(context.Context, *notification.Notification) error,
) func(context.Context, *notification.Notification) error {
	return func(ctx context.Context, n *notification.Notification) error {
		ctx, span := tracer.Start(ctx, "process notification", trace.WithSpanKind(trace.SpanKindConsumer),
			trace.WithAttributes(messageAttributes(n)...),
			trace.WithAttributes(semconv.MessagingOperationName("process"), semconv.MessagingOperationTypeProcess))
		returned := false
		defer func() {
			if !returned {
				span.SetStatus(codes.Error, "panic")
			}
			span.End()
		}()
		err := handle(ctx, n)
		returned = true
		if err != nil {
			span.SetStatus(codes.Error, "the function failed")
			span.SetAttributes(semconv.ErrorType(err))
		}
		return err
	}
}

// messageAttributes are for spans only: a metric with an ID would be a series for each notification.
func messageAttributes(n *notification.Notification) []attribute.KeyValue {
	return []attribute.KeyValue{
		semconv.MessagingSystemKey.String("app_store_connect"),
		semconv.MessagingMessageID(n.ID),
		semconv.MessagingMessageBodySize(len(n.Raw)),
		attribute.String("notification.type", n.Type),
	}
}
