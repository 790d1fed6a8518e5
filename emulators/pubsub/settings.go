package pubsub

import (
	"net/url"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"lastmile/emulators/pubsub/filter"
	"lastmile/emulators/pubsub/queue"
)

const (
	day              = 24 * time.Hour
	defaultRetention = 7 * day
	minRetention     = 10 * time.Minute
	maxRetention     = 31 * day
	defaultExpiry    = 31 * day
	maxBackoff       = 600 * time.Second
	minAttempts      = 5
	maxAttempts      = 100
)

// settings are a subscription's configuration in the form that deliveries need.
type settings struct {
	policy    queue.Policy
	lease     time.Duration
	filter    filter.Filter
	target    *target // nil for pull
	deadTopic string
}

// complete returns the subscription with Google's defaults filled in.
func complete(in *pubsubpb.Subscription) *pubsubpb.Subscription {
	pb := proto.CloneOf(in)
	pb.State = pubsubpb.Subscription_ACTIVE
	if pb.AckDeadlineSeconds == 0 {
		pb.AckDeadlineSeconds = 10
	}
	if pb.MessageRetentionDuration == nil {
		pb.MessageRetentionDuration = durationpb.New(defaultRetention)
	}
	if pb.ExpirationPolicy == nil {
		pb.ExpirationPolicy = &pubsubpb.ExpirationPolicy{Ttl: durationpb.New(defaultExpiry)}
	}
	if pb.PushConfig == nil {
		pb.PushConfig = &pubsubpb.PushConfig{}
	}
	if r := pb.RetryPolicy; r != nil {
		if r.MinimumBackoff == nil {
			r.MinimumBackoff = durationpb.New(min(10*time.Second, maximumOf(r)))
		}
		r.MaximumBackoff = durationpb.New(maximumOf(r))
	}
	if d := pb.DeadLetterPolicy; d != nil && d.MaxDeliveryAttempts == 0 {
		d.MaxDeliveryAttempts = 5
	}
	return pb
}

func maximumOf(r *pubsubpb.RetryPolicy) time.Duration {
	if r.MaximumBackoff == nil {
		return maxBackoff
	}
	return r.MaximumBackoff.AsDuration()
}

// settingsOf reads a complete subscription; the error names the field and what it may be.
func settingsOf(pb *pubsubpb.Subscription) (settings, error) {
	set := settings{lease: time.Duration(pb.GetAckDeadlineSeconds()) * time.Second}
	set.policy = queue.Policy{
		Ordered:     pb.GetEnableMessageOrdering(),
		ExactlyOnce: pb.GetEnableExactlyOnceDelivery(),
		RetainAcked: pb.GetRetainAckedMessages(),
		Retention:   pb.GetMessageRetentionDuration().AsDuration(),
	}
	for _, read := range []func(*pubsubpb.Subscription) error{
		checkEmulated, set.checkRanges, set.readFilter, set.readRetry, set.readDeadLetter, set.readPush,
	} {
		if err := read(pb); err != nil {
			return settings{}, err
		}
	}
	return set, nil
}

func checkEmulated(pb *pubsubpb.Subscription) error {
	switch {
	case pb.GetBigqueryConfig() != nil:
		return notEmulated("bigquery_config")
	case pb.GetCloudStorageConfig() != nil:
		return notEmulated("cloud_storage_config")
	case pb.GetBigtableConfig() != nil:
		return notEmulated("bigtable_config")
	case len(pb.GetMessageTransforms()) > 0:
		return notEmulated("message_transforms")
	}
	return nil
}

func (set *settings) checkRanges(pb *pubsubpb.Subscription) error {
	if s := pb.GetAckDeadlineSeconds(); s < 10 || s > 600 {
		return invalid("Invalid ack deadline given (ack_deadline_seconds=%d). It must be between 10 and 600 seconds.", s)
	}
	if d := pb.GetMessageRetentionDuration().AsDuration(); d < minRetention || d > maxRetention {
		return invalid("Invalid message_retention_duration (%s). It must be between 10 minutes and 31 days.", d)
	}
	if ttl := pb.GetExpirationPolicy().GetTtl(); ttl != nil && ttl.AsDuration() < day {
		return invalid("Invalid expiration_policy.ttl (%s). It must be at least 1 day.", ttl.AsDuration())
	}
	return nil
}

func (set *settings) readFilter(pb *pubsubpb.Subscription) (err error) {
	set.filter, err = filter.Parse(pb.GetFilter())
	if err != nil {
		return invalid("Invalid filter (filter=%s): %v", pb.GetFilter(), err)
	}
	return nil
}

func (set *settings) readRetry(pb *pubsubpb.Subscription) error {
	r := pb.GetRetryPolicy()
	if r == nil {
		return nil
	}
	lo, hi := r.GetMinimumBackoff().AsDuration(), r.GetMaximumBackoff().AsDuration()
	if lo < 0 || hi < 0 || lo > maxBackoff || hi > maxBackoff {
		return invalid("Invalid retry_policy: the backoffs must be between 0 and 600 seconds.")
	}
	if lo > hi {
		return invalid("Invalid retry_policy: minimum_backoff (%s) must not exceed maximum_backoff (%s).", lo, hi)
	}
	set.policy.MinBackoff, set.policy.MaxBackoff = lo, hi
	return nil
}

func (set *settings) readDeadLetter(pb *pubsubpb.Subscription) error {
	d := pb.GetDeadLetterPolicy()
	if d == nil {
		return nil
	}
	switch n := d.GetMaxDeliveryAttempts(); {
	case n < minAttempts:
		return outOfRange("The value for max_delivery_attempts is too small. You passed %d in the request, but the minimum value is %d.", n, minAttempts)
	case n > maxAttempts:
		return outOfRange("The value for max_delivery_attempts is too large. You passed %d in the request, but the maximum value is %d.", n, maxAttempts)
	}
	if err := checkName("topics", d.GetDeadLetterTopic()); err != nil {
		return err
	}
	set.policy.MaxAttempts, set.deadTopic = int(d.GetMaxDeliveryAttempts()), d.GetDeadLetterTopic()
	return nil
}

func (set *settings) readPush(pb *pubsubpb.Subscription) error {
	c := pb.GetPushConfig()
	if c.GetPushEndpoint() == "" {
		return nil
	}
	if set.policy.ExactlyOnce {
		return invalid("Exactly once delivery is not supported for push subscriptions. Remove enable_exactly_once_delivery or push_config.")
	}
	u, err := url.Parse(c.GetPushEndpoint())
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return invalid("Invalid push endpoint given (endpoint=%s). It must be an http or https URL.", c.GetPushEndpoint())
	}
	set.target = newTarget(pb, u)
	return nil
}
