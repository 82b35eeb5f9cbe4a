print("rushes-sandbox")
