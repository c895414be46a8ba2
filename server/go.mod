module github.com/langshark/langshark-go/server

go 1.26.0

require github.com/langshark/langshark-go v0.1.0
