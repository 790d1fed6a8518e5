# Each alert names its playbook: docs in terraform/OPERATIONS.md under its key.
locals {
  run    = "resource.type=\"cloud_run_revision\""
  pubsub = "resource.type=\"pubsub_subscription\""

  alerts = {
    dead_letters = {
      name   = "Messages could not be handled"
      filter = "resource.type=\"pubsub_topic\" AND resource.labels.topic_id=\"${var.topology.deadLetterTopic}\" AND metric.type=\"pubsub.googleapis.com/topic/send_request_count\""
      above  = 0, for = "0s", aligner = "ALIGN_SUM", severity = "WARNING"
    }
    oldest_message = {
      name   = "Messages wait too long"
      filter = "${local.pubsub} AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      above  = 300, for = "120s", aligner = "ALIGN_MAX", severity = "ERROR"
    }
    late_timers = {
      name   = "Timers wait in their queue"
      filter = "resource.type=\"cloud_tasks_queue\" AND metric.type=\"cloudtasks.googleapis.com/queue/task_attempt_delays\""
      above  = 60000, for = "120s", aligner = "ALIGN_PERCENTILE_99", severity = "WARNING"
    }
    slow_calls = {
      name   = "Calls are slow"
      filter = "${local.run} AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.this["slow_calls"].name}\""
      above  = 20, for = "300s", aligner = "ALIGN_SUM", severity = "WARNING"
    }
    unassigned_orders = {
      name   = "Orders have no courier"
      filter = "${local.run} AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.this["unassigned"].name}\""
      above  = 0, for = "0s", aligner = "ALIGN_SUM", severity = "ERROR"
    }
    stale_catalogues = {
      name   = "Catalogues are stale"
      filter = "${local.run} AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.this["stale_catalogues"].name}\""
      above  = 0, for = "600s", aligner = "ALIGN_SUM", severity = "WARNING"
    }
    lost_records = {
      name   = "Records were dropped"
      filter = "${local.run} AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.this["lost_records"].name}\""
      above  = 0, for = "0s", aligner = "ALIGN_SUM", severity = "WARNING"
    }
    server_errors = {
      name   = "Services answer with errors"
      filter = "${local.run} AND metric.type=\"run.googleapis.com/request_count\" AND metric.labels.response_code_class=\"5xx\""
      above  = 10, for = "300s", aligner = "ALIGN_SUM", severity = "ERROR"
    }
    gateway_sockets = {
      name   = "Gateways hold nearly all the sockets that they can"
      filter = "${local.run} AND resource.labels.service_name=\"${local.gateway}\" AND metric.type=\"run.googleapis.com/container/max_request_concurrencies\""
      above  = 800, for = "300s", aligner = "ALIGN_PERCENTILE_99", severity = "ERROR"
    }
    gateway_processor = {
      name   = "Gateways have no processor left"
      filter = "${local.run} AND resource.labels.service_name=\"${local.gateway}\" AND metric.type=\"run.googleapis.com/container/cpu/utilizations\""
      above  = 0.8, for = "300s", aligner = "ALIGN_PERCENTILE_99", severity = "ERROR"
    }
    redis_memory = {
      name   = "Redis is nearly full"
      filter = "resource.type=\"memorystore.googleapis.com/InstanceNode\" AND metric.type=\"memorystore.googleapis.com/instance/node/memory/utilization\""
      above  = 0.8, for = "300s", aligner = "ALIGN_MAX", severity = "ERROR"
    }
    secret_rotation = {
      name   = "A secret is due for rotation"
      filter = "resource.type=\"pubsub_topic\" AND resource.labels.topic_id=\"secret-rotation\" AND metric.type=\"pubsub.googleapis.com/topic/send_request_count\""
      above  = 0, for = "0s", aligner = "ALIGN_SUM", severity = "WARNING"
    }
  }
}

resource "google_monitoring_alert_policy" "this" {
  for_each = local.alerts

  display_name          = each.value.name
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = [google_monitoring_notification_channel.mail.id]

  conditions {
    display_name = each.value.name

    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.above
      duration        = each.value.for

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = each.value.aligner
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Playbook: OPERATIONS.md, section \"${each.key}\"."
  }

  alert_strategy {
    auto_close = "3600s"
  }
}

# From outside, as apps see it.
resource "google_monitoring_uptime_check_config" "api" {
  display_name = "lastmile API"
  timeout      = "10s"
  period       = "60s"

  http_check {
    path         = "/.well-known/jwks.json"
    port         = 443
    use_ssl      = true
    validate_ssl = true
  }

  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project, host = var.domain }
  }
}

# One place on earth that does not reach it may be that place's fault; two are not.
resource "google_monitoring_alert_policy" "unreachable" {
  display_name          = "Apps do not reach the API"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = [google_monitoring_notification_channel.mail.id]

  conditions {
    display_name = "Checks from two places fail"

    condition_threshold {
      filter          = "resource.type=\"uptime_url\" AND metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND metric.labels.check_id=\"${google_monitoring_uptime_check_config.api.uptime_check_id}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "60s"

      aggregations {
        alignment_period     = "120s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
        group_by_fields      = ["resource.label.host"]
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Playbook: OPERATIONS.md, section \"unreachable\"."
  }
}
