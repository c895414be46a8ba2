module github.com/langshark/langshark-go

go 1.25.0
