# A city of tens of thousands of orders a day, without a single point of failure.
protected          = true
firestore_location = "nam5"
backup_days        = 30
armor              = true

redis = { node_type = "STANDARD_SMALL", replicas = 1, persisted = true }

sizes = {
  small       = { cpu = 1, memory = 512, concurrency = 40, min = 1, max = 20, always_on = false }
  bulk        = { cpu = 1, memory = 1024, concurrency = 40, min = 0, max = 100, always_on = false }
  interactive = { cpu = 2, memory = 1024, concurrency = 200, min = 2, max = 100, always_on = false }
  warm        = { cpu = 2, memory = 2048, concurrency = 200, min = 2, max = 10, always_on = true }
  sockets     = { cpu = 2, memory = 1024, concurrency = 1000, min = 2, max = 100, always_on = true }
}
