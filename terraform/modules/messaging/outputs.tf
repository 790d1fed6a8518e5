output "callers" {
  description = "The accounts that call functions: push, timer and schedule."
  value       = { for name, a in google_service_account.caller : name => a.email }
}

output "topics" {
  value = { for name, t in google_pubsub_topic.this : name => t.name }
}

output "dead_letter_topic" {
  value = var.topology.deadLetterTopic
}

output "queues" {
  value = { for name, q in google_cloud_tasks_queue.this : name => q.name }
}
