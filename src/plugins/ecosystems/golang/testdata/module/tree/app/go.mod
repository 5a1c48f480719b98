module example.com/app

go 1.21.3

toolchain go1.22.1

require (
	github.com/BurntSushi/toml v1.0.0
	golang.org/x/net v0.5.0 // indirect
	example.com/old v1.0.0
	example.com/any v1.0.0
)

require example.com/local v1.2.0

replace example.com/old v1.0.0 => example.com/fork v1.4.5

replace (
	example.com/any => example.com/other v0.0.0-20210101000000-abcdefabcdef
	example.com/local => ../local
)

exclude golang.org/x/net v0.4.0
this line is wrong
