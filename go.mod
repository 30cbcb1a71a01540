module github.com/galeproject/gale

go 1.26
