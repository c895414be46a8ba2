package catalog

import "context"

// Actor is who changes something. The zero value is nobody in particular: it may do what
// anybody may.
type Actor struct {
	// PublicKey is that of the application's key, if it was one.
	PublicKey string
	// Name is that of the person, if it was one.
	Name string
	// Role is what the person is, as whoever embeds the server names it.
	Role string
	// Operator says that it is who runs the server, who may do everything.
	Operator bool
}

// String names the actor: the public key, else the person, else nothing.
func (a Actor) String() string {
	if a.PublicKey != "" {
		return a.PublicKey
	}
	return a.Name
}

type actorKey struct{}

// WithActor says who the changes made with ctx are by.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

func actorOf(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
