package cellrt

// Registrar is what Reg of a module gets and fills.
type Registrar struct {
	Space *Space
	// Newest says whether the module that registers is the newest that has a method, of those registered so far. A nil Newest says yes.
	Newest func(method string) bool

	Stop  *uint32 // the module's stop flag; set and read atomically
	Vars  []Var
	Types []Type
	Funcs []Func
}

// Var is a variable of a module.
type Var struct {
	Name   string // as the user wrote it
	Symbol string // modules that declare the same symbol share the variable
	P      any    // pointer to it
}

// Type is a named type of a module.
type Type struct {
	Name   string // as the user wrote it
	Symbol string // with its version: the same in every process
	Zero   any    // (*T)(nil); not a reflect.Type, whose generic methods every module would have to compile
}

// Func is a function of a module that can be called from outside.
type Func struct {
	Name   string // as the user wrote it, "" for a function literal
	Symbol string
	F      any // a lifted literal's first parameter is a pointer to the struct of what it captured
}

// Var records a variable; p points to it.
func (r *Registrar) Var(name, symbol string, p any) {
	r.Vars = append(r.Vars, Var{Name: name, Symbol: symbol, P: p})
}

// Type records a type T; zero is (*T)(nil).
func (r *Registrar) Type(name, symbol string, zero any) {
	r.Types = append(r.Types, Type{Name: name, Symbol: symbol, Zero: zero})
}

// Func records a function.
func (r *Registrar) Func(name, symbol string, f any) {
	r.Funcs = append(r.Funcs, Func{Name: name, Symbol: symbol, F: f})
}

// Method says whether the module shall make its body of a method the one that is called. key names type, version and method.
func (r *Registrar) Method(key string) bool { return r.Newest == nil || r.Newest(key) }
