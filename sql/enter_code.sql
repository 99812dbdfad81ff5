SET LOCAL check_function_bodies TO DEFAULT;
