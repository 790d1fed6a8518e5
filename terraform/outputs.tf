output "address" {
  description = "Where the A record of the domain must point."
  value       = module.edge.address
}

output "repository" {
  description = "Where the images are."
  value       = module.data.repository
}

output "secrets" {
  description = "The secrets that are still to be filled: gcloud secrets versions add NAME --data-file=-"
  value       = module.data.secrets
}

output "maps" {
  description = "Where road distances find their map: gcloud storage cp roads.road gs://..."
  value       = "gs://${module.data.maps_bucket}/roads.road"
}

output "builder" {
  description = "The service account that Cloud Build deploys as."
  value       = module.functions.builder
}
