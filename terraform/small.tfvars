# The smallest deployment: the defaults, which cost about $45 a month when nobody
# calls. Scaled to zero, the first call of a quiet hour waits for a start.
protected = false
