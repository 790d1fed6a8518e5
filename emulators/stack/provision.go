package stack

import (
	"context"
	"errors"
	"fmt"
	"time"

	cloudtasks "cloud.google.com/go/cloudtasks/apiv2"
	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"lastmile/emulators/scheduler"
	"lastmile/functions/registry"
	"lastmile/shared/function"
)

// provision makes what the topology declares, as Terraform would, through the
// services' public interfaces: so it works on Google's emulators too. What is
// there already stays.
func (s *Stack) provision(ctx context.Context) error {
	t := registry.Topology()
	return errors.Join(s.provisionPubSub(ctx, t), s.provisionTasks(ctx, t))
}

func emulator(addr string) []option.ClientOption {
	if addr == "" {
		return nil
	}
	return []option.ClientOption{
		option.WithEndpoint(addr),
		option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}

func (s *Stack) provisionPubSub(ctx context.Context, t function.Topology) error {
	c, err := pubsub.NewClient(ctx, s.Config.Project, emulator(s.Config.PubSubEmulator)...)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, topic := range append(t.Topics, t.DeadLetterTopic) {
		_, err := c.TopicAdminClient.CreateTopic(ctx, &pubsubpb.Topic{Name: s.topic(topic)})
		if err := ignoreExists(err); err != nil {
			return fmt.Errorf("topic %s: %w", topic, err)
		}
	}
	for _, f := range t.Functions {
		for _, sub := range f.Subscriptions {
			if err := s.subscribe(ctx, c, f.Name, sub, t.DeadLetterTopic); err != nil {
				return fmt.Errorf("subscription %s: %w", sub.Name, err)
			}
		}
	}
	return nil
}

func (s *Stack) topic(id string) string {
	return fmt.Sprintf("projects/%s/topics/%s", s.Config.Project, id)
}

// subscribe makes a push subscription, or points the one that is there at this
// stack's address.
func (s *Stack) subscribe(ctx context.Context, c *pubsub.Client, function string, sub function.Subscription, deadLetters string) error {
	name := fmt.Sprintf("projects/%s/subscriptions/%s", s.Config.Project, sub.Name)
	push := &pubsubpb.PushConfig{PushEndpoint: s.Config.URL(function)}
	p := &pubsubpb.Subscription{
		Name:               name,
		Topic:              s.topic(sub.Topic),
		AckDeadlineSeconds: int32(sub.AckDeadline),
		PushConfig:         push,
		RetryPolicy:        &pubsubpb.RetryPolicy{MinimumBackoff: seconds(sub.MinBackoff), MaximumBackoff: seconds(sub.MaxBackoff)},
	}
	if sub.DeadLetter {
		p.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: s.topic(deadLetters), MaxDeliveryAttempts: int32(sub.Attempts)}
	}
	_, err := c.SubscriptionAdminClient.CreateSubscription(ctx, p)
	if status.Code(err) == codes.AlreadyExists {
		return c.SubscriptionAdminClient.ModifyPushConfig(ctx, &pubsubpb.ModifyPushConfigRequest{Subscription: name, PushConfig: push})
	}
	return err
}

func seconds(s float64) *durationpb.Duration {
	return durationpb.New(time.Duration(s * float64(time.Second)))
}

func (s *Stack) provisionTasks(ctx context.Context, t function.Topology) error {
	c, err := cloudtasks.NewClient(ctx, emulator(s.Config.TasksEmulator)...)
	if err != nil {
		return err
	}
	defer c.Close()
	location := fmt.Sprintf("projects/%s/locations/%s", s.Config.Project, s.Config.Region)
	for _, f := range t.Functions {
		if !f.Queue {
			continue
		}
		_, err := c.CreateQueue(ctx, &cloudtaskspb.CreateQueueRequest{
			Parent: location,
			Queue:  &cloudtaskspb.Queue{Name: location + "/queues/" + f.Name},
		})
		if err := ignoreExists(err); err != nil {
			return fmt.Errorf("queue %s: %w", f.Name, err)
		}
	}
	return nil
}

func ignoreExists(err error) error {
	if status.Code(err) == codes.AlreadyExists {
		return nil
	}
	return err
}

// startSchedules has the scheduler call the functions that the topology says.
func (s *Stack) startSchedules(context.Context) (err error) {
	var jobs []scheduler.Job
	for _, f := range registry.Topology().Functions {
		for _, j := range f.Schedules {
			jobs = append(jobs, scheduler.Job{Name: j.Name, Cron: j.Cron, Zone: j.Zone, URL: s.Config.URL(f.Name) + "/schedule"})
		}
	}
	o := scheduler.Options{Jobs: jobs}
	if s.options.Quiet {
		stopped := time.Now()
		o.Now = func() time.Time { return stopped }
	}
	s.Scheduler, err = scheduler.Start(o)
	if err != nil {
		return err
	}
	s.onClose(s.Scheduler.Close)
	return nil
}
