# Promises, over 28 days: calls are answered without an error, and soon; events
# are handled soon.

resource "google_monitoring_custom_service" "this" {
  service_id   = "lastmile"
  display_name = "lastmile"
}

resource "google_monitoring_slo" "available" {
  service      = google_monitoring_custom_service.this.service_id
  slo_id       = "api-available"
  display_name = "99.9% of the API's calls are answered without an error of ours"

  goal                = 0.999
  rolling_period_days = 28

  request_based_sli {
    good_total_ratio {
      total_service_filter = "${local.run} AND resource.labels.service_name=\"${local.api}\" AND metric.type=\"run.googleapis.com/request_count\""
      bad_service_filter   = "${local.run} AND resource.labels.service_name=\"${local.api}\" AND metric.type=\"run.googleapis.com/request_count\" AND metric.labels.response_code_class=\"5xx\""
    }
  }
}

resource "google_monitoring_slo" "quick" {
  service      = google_monitoring_custom_service.this.service_id
  slo_id       = "api-quick"
  display_name = "99% of the API's calls are answered within 500 ms"

  goal                = 0.99
  rolling_period_days = 28

  request_based_sli {
    distribution_cut {
      distribution_filter = "${local.run} AND resource.labels.service_name=\"${local.api}\" AND metric.type=\"run.googleapis.com/request_latencies\""
      range {
        max = 500
      }
    }
  }
}

resource "google_monitoring_slo" "handled" {
  service      = google_monitoring_custom_service.this.service_id
  slo_id       = "events-handled"
  display_name = "99% of minutes have no event that waits longer than a minute"

  goal                = 0.99
  rolling_period_days = 28

  windows_based_sli {
    window_period = "60s"
    metric_mean_in_range {
      time_series = "${local.pubsub} AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      range {
        max = 60
      }
    }
  }
}

# Half of a month's allowance in two days is worth waking somebody.
resource "google_monitoring_alert_policy" "burn" {
  display_name          = "The API's errors use up what a month allows"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = [google_monitoring_notification_channel.mail.id]

  conditions {
    display_name = "Burn rate over an hour"

    condition_threshold {
      filter          = "select_slo_burn_rate(\"${google_monitoring_slo.available.id}\", \"3600s\")"
      comparison      = "COMPARISON_GT"
      threshold_value = 7
      duration        = "0s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Playbook: OPERATIONS.md, section \"server_errors\"."
  }
}
