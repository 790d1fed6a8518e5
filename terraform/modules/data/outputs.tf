output "redis_address" {
  value = "${local.endpoint.ip_address}:${local.endpoint.port}"
}

output "redis_ca" {
  description = "The certificates that Redis' own must be signed by, as PEM."
  value       = join("\n", flatten(google_memorystore_instance.this.managed_server_ca[*].ca_certs[*].certificates))
}

output "redis_name" {
  value = google_memorystore_instance.this.instance_id
}

output "private_bucket" {
  value = google_storage_bucket.this["private"].name
}

output "public_bucket" {
  value = google_storage_bucket.this["public"].name
}

output "maps_bucket" {
  value = google_storage_bucket.this["maps"].name
}

output "repository" {
  value = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}"
}

output "secrets" {
  value = keys(google_secret_manager_secret_version.unset)
}

output "provider_secrets" {
  value = var.provider_secrets
}

output "kms_key" {
  value = var.kms_key
}

output "protected" {
  description = "Whether deletion of everything that holds data is refused."
  value = alltrue([
    google_firestore_database.this.delete_protection_state == "DELETE_PROTECTION_ENABLED",
    google_memorystore_instance.this.deletion_protection_enabled,
    alltrue([for b in google_storage_bucket.this : !b.force_destroy]),
    alltrue([for s in google_secret_manager_secret.this : s.deletion_protection]),
  ])
}
