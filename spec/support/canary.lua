--- The token of all tests: spec/run.sh looks that it stands in no log.
return "canary-2b7e151628aed2a6abf7158809cf4f3c"
