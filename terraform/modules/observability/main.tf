# What people look at, what wakes them, and what is promised.

variable "project" {
  type = string
}

variable "alerts_to" {
  type = string
}

variable "domain" {
  type = string
}

variable "topology" {
  type = any
}

variable "redis" {
  type = string
}

resource "google_monitoring_notification_channel" "mail" {
  display_name = "lastmile operators"
  type         = "email"
  labels       = { email_address = var.alerts_to }
}

# Records of functions and gateways that count as something to watch. The filter
# names a field of the one schema that all records have, or one of their attributes.
locals {
  gateway = var.topology.gateway.name
  api     = one([for f in var.topology.functions : f.name if contains(f.paths, "/v1/*")])

  counted = {
    slow_calls       = { filter = "jsonPayload.slow=true", what = "calls slower than their threshold" }
    unassigned       = { filter = "jsonPayload.attrs.unassigned=true", what = "orders that no courier took" }
    stale_catalogues = { filter = "jsonPayload.attrs.stale>0", what = "catalogues that are older than their settings allow" }
    lost_records     = { filter = "jsonPayload.attrs.dropped>0", what = "services that had to drop records" }
    unfinished       = { filter = "jsonPayload.attrs.repaired>0", what = "sweeps that found what a crash had left" }
  }
}

resource "google_logging_metric" "this" {
  for_each = local.counted

  name        = "lastmile/${each.key}"
  description = "Counts ${each.value.what}."
  filter      = "resource.type=\"cloud_run_revision\" AND ${each.value.filter}"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    labels {
      key        = "function"
      value_type = "STRING"
    }
  }

  label_extractors = { function = "EXTRACT(resource.labels.service_name)" }
}
