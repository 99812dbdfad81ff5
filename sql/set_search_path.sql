SET LOCAL search_path TO "{search_path}";
