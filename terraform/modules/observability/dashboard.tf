locals {
  charts = {
    "Calls a second, by service"          = { filter = "${local.run} AND metric.type=\"run.googleapis.com/request_count\"", aligner = "ALIGN_RATE", by = "resource.label.service_name" }
    "Calls that failed"                   = { filter = "${local.run} AND metric.type=\"run.googleapis.com/request_count\" AND metric.labels.response_code_class=\"5xx\"", aligner = "ALIGN_RATE", by = "resource.label.service_name" }
    "Latency, 99th percentile, ms"        = { filter = "${local.run} AND metric.type=\"run.googleapis.com/request_latencies\"", aligner = "ALIGN_PERCENTILE_99", by = "resource.label.service_name" }
    "Oldest message that waits, s"        = { filter = "${local.pubsub} AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\"", aligner = "ALIGN_MAX", by = "resource.label.subscription_id" }
    "Messages handled a second"           = { filter = "${local.pubsub} AND metric.type=\"pubsub.googleapis.com/subscription/ack_message_count\"", aligner = "ALIGN_RATE", by = "resource.label.subscription_id" }
    "Dead letters"                        = { filter = "resource.type=\"pubsub_topic\" AND resource.labels.topic_id=\"${var.topology.deadLetterTopic}\" AND metric.type=\"pubsub.googleapis.com/topic/send_request_count\"", aligner = "ALIGN_DELTA", by = "resource.label.topic_id" }
    "Timers that wait"                    = { filter = "resource.type=\"cloud_tasks_queue\" AND metric.type=\"cloudtasks.googleapis.com/queue/depth\"", aligner = "ALIGN_MAX", by = "resource.label.queue_id" }
    "Sockets an instance"                 = { filter = "${local.run} AND resource.labels.service_name=\"${local.gateway}\" AND metric.type=\"run.googleapis.com/container/max_request_concurrencies\"", aligner = "ALIGN_PERCENTILE_99", by = "resource.label.service_name" }
    "Instances"                           = { filter = "${local.run} AND metric.type=\"run.googleapis.com/container/instance_count\"", aligner = "ALIGN_MAX", by = "resource.label.service_name" }
    "Redis memory"                        = { filter = "resource.type=\"memorystore.googleapis.com/InstanceNode\" AND metric.type=\"memorystore.googleapis.com/instance/node/memory/utilization\"", aligner = "ALIGN_MAX", by = "resource.label.node_id" }
    "Firestore reads and writes a second" = { filter = "resource.type=\"firestore.googleapis.com/Database\" AND metric.type=\"firestore.googleapis.com/document/write_ops_count\"", aligner = "ALIGN_RATE", by = "resource.label.database_id" }
    "Slow calls, orders without courier"  = { filter = "${local.run} AND metric.type=monitoring.regex.full_match(\"logging.googleapis.com/user/lastmile/.*\")", aligner = "ALIGN_DELTA", by = "metric.type" }
  }
}

resource "google_monitoring_dashboard" "this" {
  dashboard_json = jsonencode({
    displayName = "lastmile"
    mosaicLayout = {
      columns = 12
      tiles = [for i, title in keys(local.charts) : {
        xPos = (i % 3) * 4, yPos = floor(i / 3) * 4, width = 4, height = 4
        widget = {
          title = title
          xyChart = {
            dataSets = [{
              plotType = "LINE"
              timeSeriesQuery = {
                timeSeriesFilter = {
                  filter = local.charts[title].filter
                  aggregation = {
                    alignmentPeriod    = "60s"
                    perSeriesAligner   = local.charts[title].aligner
                    crossSeriesReducer = strcontains(local.charts[title].aligner, "ALIGN_MAX") || strcontains(local.charts[title].aligner, "PERCENTILE") ? "REDUCE_MAX" : "REDUCE_SUM"
                    groupByFields      = [local.charts[title].by]
                  }
                }
              }
            }]
          }
        }
      }]
    }
  })
}
