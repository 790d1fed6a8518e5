# Topics, push subscriptions, queues and schedules, as the topology declares them.

locals {
  topics        = toset(concat(var.topology.topics, [var.topology.deadLetterTopic]))
  subscriptions = merge([for f in var.topology.functions : { for s in f.subscriptions : s.name => merge(s, { function = f.name }) }]...)
  queues        = toset([for f in var.topology.functions : f.name if f.queue])
  schedules     = merge([for f in var.topology.functions : { for s in f.schedules : s.name => merge(s, { function = f.name, timeout = f.timeoutSeconds }) }]...)

  pubsub = "serviceAccount:service-${var.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

# One account for each way to be called, so that a function admits the ways that
# it has and no others.
resource "google_service_account" "caller" {
  for_each = {
    push     = "Pub/Sub, which pushes messages"
    timer    = "Cloud Tasks, which fires timers"
    schedule = "Cloud Scheduler"
  }

  account_id   = "call-${each.key}"
  display_name = each.value
}

resource "google_pubsub_topic" "this" {
  for_each = local.topics

  name                       = each.key
  message_retention_duration = "604800s" # a week in which a subscription can be rewound
  kms_key_name               = var.kms_key == "" ? null : var.kms_key

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

resource "google_pubsub_subscription" "this" {
  for_each = local.subscriptions

  name                       = each.key
  topic                      = google_pubsub_topic.this[each.value.topic].id
  ack_deadline_seconds       = each.value.ackDeadlineSeconds
  message_retention_duration = "604800s"

  push_config {
    push_endpoint = "${replace(var.url, "{function}", each.value.function)}/"

    oidc_token {
      service_account_email = google_service_account.caller["push"].email
      audience              = replace(var.url, "{function}", each.value.function)
    }
  }

  retry_policy {
    minimum_backoff = "${each.value.minBackoffSeconds}s"
    maximum_backoff = "${each.value.maxBackoffSeconds}s"
  }

  dynamic "dead_letter_policy" {
    for_each = each.value.deadLetter ? [var.topology.deadLetterTopic] : []
    content {
      dead_letter_topic     = google_pubsub_topic.this[dead_letter_policy.value].id
      max_delivery_attempts = each.value.maxDeliveryAttempts
    }
  }

  expiration_policy {
    ttl = "" # never
  }
}

# Pub/Sub itself moves what could not be delivered.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  topic  = google_pubsub_topic.this[var.topology.deadLetterTopic].name
  role   = "roles/pubsub.publisher"
  member = local.pubsub
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  for_each = { for name, s in local.subscriptions : name => s if s.deadLetter }

  subscription = google_pubsub_subscription.this[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub
}

# Pub/Sub signs its calls as the caller.
resource "google_service_account_iam_member" "push" {
  service_account_id = google_service_account.caller["push"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.pubsub
}

resource "google_cloud_tasks_queue" "this" {
  for_each = local.queues

  name     = each.key
  location = var.region

  rate_limits {
    max_dispatches_per_second = 500
    max_concurrent_dispatches = 100
  }

  # A timer is tried for a day; what it was for, sweep finds by its document.
  retry_config {
    max_attempts       = -1
    max_retry_duration = "86400s"
    min_backoff        = "1s"
    max_backoff        = "300s"
    max_doublings      = 8
  }

  stackdriver_logging_config {
    sampling_ratio = 0.1
  }
}

resource "google_cloud_scheduler_job" "this" {
  for_each = local.schedules

  name             = each.key
  region           = var.region
  schedule         = each.value.cron
  time_zone        = each.value.zone
  attempt_deadline = "${max(each.value.timeout, 15)}s"

  http_target {
    http_method = "POST"
    uri         = "${replace(var.url, "{function}", each.value.function)}/schedule"

    oidc_token {
      service_account_email = google_service_account.caller["schedule"].email
      audience              = replace(var.url, "{function}", each.value.function)
    }
  }

  retry_config {
    retry_count          = 1
    min_backoff_duration = "5s"
  }
}
