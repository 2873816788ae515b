// Only to have the tests' precompiled headers built once; see tests/CMakeLists.txt.
